/** The view of a run from the state of its thread: for a thread that is opened, not watched. */
import { bestOf, gainOf } from "./gain.js";
import { upcoming } from "./thread_status.js";
import { NO_COST, emptyView } from "./view_from_events.js";

const textOf = ({ content }) =>
  typeof content === "string" ? content : (content ?? []).map((b) => b.text ?? "").join("");

const isHuman = (message) => message.type === "human" || message.role === "user";
const isSystem = (message) => message.type === "system" || message.role === "system";

/** What the messages of a thread hold: `{system, earlier: [{author, text}], query}`. */
export function conversation(messages = []) {
  const last = messages.findLastIndex(isHuman);
  const before = messages.slice(0, Math.max(0, last)).filter((m) => !isSystem(m));
  return {
    system: messages.filter(isSystem).map(textOf).join("\n\n"),
    earlier: before.map((m) => ({ author: isHuman(m) ? "you" : "answer", text: textOf(m) })),
    query: last < 0 ? "" : textOf(messages[last]),
  };
}

/** The messages of a conversation, for a thread of its own. */
export function messagesOf({ system, earlier, query }) {
  const before = earlier.map(({ author, text }) => ({ role: author === "you" ? "user" : "assistant", content: text }));
  return [...(system ? [{ role: "system", content: system }] : []), ...before, { role: "user", content: query }];
}

/** The view of a thread's state, as the server returns it (`values`, `next`). */
export function viewFromState(state) {
  const values = state.values ?? {};
  const next = upcoming(state);
  const { query } = conversation(values.messages);
  // What is in the pool belongs to an earlier question until this one has been sampled.
  if (next.includes("sample") || next.includes("__start__")) return emptyView(query);
  const turn = values.turn;
  const ofTurn = (records) => (records ?? []).filter((r) => r.turn === turn);
  const pool = ofTurn(values.candidates);
  const candidates = pool.map((c) => [c.id, { ...c, complete: true }]);
  const rounds = ofTurn(values.rounds).map((r) => [r.round, r]);
  const finished = next.length === 0 && values.stop_reason;
  const usage = (values.usage?.turn === turn && values.usage) || null;
  const cost = { ...NO_COST, ...usage?.total };
  const answer = finished ? answerOf(values, pool) : null;
  return {
    ...emptyView(query),
    candidates: Object.fromEntries(candidates),
    rounds: Object.fromEntries(rounds),
    cost,
    countedPhases: countedPhases(rounds.map(([, r]) => r)),
    elapsed: cost.seconds,
    stop: finished ? values.stop_reason : null,
    answer,
    usage,
    gain: gainOf(pool, usage, answer ?? bestOf(pool)),
  };
}

/** The phases whose requests the saved usage has counted already. */
function countedPhases(rounds) {
  const counted = { "sample:0": true };
  for (const { round, loss, gradient } of rounds) {
    counted[`rank:${round}`] = true;
    if (round > 0) counted[`update:${round}`] = true;
    if (loss != null) counted[`loss:${round}`] = true;
    if (gradient != null) counted[`gradient:${round}`] = true;
  }
  return counted;
}

function answerOf(values, candidates) {
  const matches = candidates.filter((c) => c.text === values.answer && c.error == null);
  const match = matches.find((c) => c.reward === values.reward) ?? matches[0];
  return { candidate: match?.id ?? null, text: values.answer, reward: values.reward ?? null };
}
