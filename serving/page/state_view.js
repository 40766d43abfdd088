/** The same view, from what is saved: for threads that are opened, not watched. */
import { NOTHING, blank } from "./view.js";

const textOf = ({ content }) =>
  typeof content === "string" ? content : (content ?? []).map((b) => b.text ?? "").join("");

const isHuman = (message) => message.type === "human" || message.role === "user";
const isSystem = (message) => message.type === "system" || message.role === "system";

/** The conversation as far as it goes: `{system, earlier: [{who, text}], query}`. */
export function conversation(messages = []) {
  const last = messages.findLastIndex(isHuman);
  const told = messages.slice(0, Math.max(0, last)).filter((m) => !isSystem(m));
  return {
    system: messages.filter(isSystem).map(textOf).join("\n\n"),
    earlier: told.map((m) => ({ who: isHuman(m) ? "you" : "answer", text: textOf(m) })),
    query: last < 0 ? "" : textOf(messages[last]),
  };
}

/** The view of a thread's state, as the server returns it (`values`, `next`). */
export function fromState(state) {
  const values = state.values ?? {};
  const next = state.next ?? [];
  const { query } = conversation(values.messages);
  // What is in the pool belongs to an earlier question until this one has been sampled.
  if (next.includes("sample") || next.includes("__start__")) return blank(query);
  const turn = values.turn;
  const ofTurn = (records) => (records ?? []).filter((r) => r.turn === turn);
  const candidates = ofTurn(values.candidates).map((c) => [c.id, { ...c, whole: true }]);
  const rounds = ofTurn(values.rounds).map((r) => [r.round, r]);
  const over = next.length === 0 && values.stop_reason;
  const cost = { ...NOTHING, ...(values.usage?.turn === turn ? values.usage?.total : {}) };
  return {
    ...blank(query),
    candidates: Object.fromEntries(candidates),
    rounds: Object.fromEntries(rounds),
    cost,
    paid: paidPhases(rounds.map(([, r]) => r)),
    elapsed: cost.seconds,
    stop: over ? values.stop_reason : null,
    answer: over ? answerOf(values, ofTurn(values.candidates)) : null,
  };
}

/** The phases whose requests the saved usage has counted already. */
function paidPhases(rounds) {
  const paid = { "sample:0": true };
  for (const { round, loss, gradient } of rounds) {
    paid[`rank:${round}`] = true;
    if (round > 0) paid[`update:${round}`] = true;
    if (loss != null) paid[`loss:${round}`] = true;
    if (gradient != null) paid[`gradient:${round}`] = true;
  }
  return paid;
}

function answerOf(values, candidates) {
  const fits = candidates.filter((c) => c.text === values.answer && c.error == null);
  const same = fits.find((c) => c.reward === values.reward) ?? fits[0];
  return { candidate: same?.id ?? null, text: values.answer, reward: values.reward ?? null };
}
