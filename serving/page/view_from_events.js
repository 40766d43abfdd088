/**
 * The view of a run, which is what the page shows of it, from the events it sends (docs/events.md).
 *
 * `applyEvent(view, event)` is pure: it returns the next view. Events may come twice, or again from
 * the start: the newer counts, and the result is the same. Unknown types and fields are ignored.
 */
import { gainOf } from "./gain.js";

export const NO_COST = {
  requests: 0,
  sequences: 0,
  scores: 0,
  input_tokens: 0,
  cached_tokens: 0,
  output_tokens: 0,
  cost_usd: 0, // of the priced requests
  priced_requests: 0,
  seconds: 0,
  exact: true,
};

/** A view in which nothing has happened. */
export const emptyView = (query = "") => ({
  query,
  setup: null, // from run_started: mode, depth, width, policy, critic, reward
  current: null, // {phase, round} of the step at work
  candidates: {}, // by id; `complete`, or with its text so far in `live`
  rounds: {}, // by number: a round's record; `live` holds a loss or gradient that is being written
  requests: {}, // by name: {phase, round, state: "open" | "finished" | "failed", counted, error}
  notices: [],
  cost: NO_COST,
  countedPhases: {}, // like "update:1": their cost is in the saved state that this view began with
  elapsed: 0,
  stop: null,
  answer: null, // {candidate, text, reward}
  usage: null, // {total, phases} as saved
  gain: null, // see gain.js
});

export const idParts = (id) => {
  const [, round, index] = /^r(\d+)c(\d+)$/.exec(id) ?? [null, 0, 0];
  return { round: Number(round), index: Number(index) };
};

export const addCosts = (a, b) => ({
  ...Object.fromEntries(Object.keys(NO_COST).map((k) => [k, k === "exact" ? true : (a[k] ?? 0) + (b[k] ?? 0)])),
  exact: a.exact && (b.exact ?? true),
});

const HANDLERS = {
  run_started(view, e) {
    const { query, mode, depth, width, policy, critic, reward } = e;
    const newQuestion = view.answer || view.stop || (view.query && view.query !== query);
    const base = newQuestion ? emptyView() : view;
    const setup = { mode, depth, width, policy, critic, reward };
    return { ...base, query, setup, current: { phase: "sample", round: 0 } };
  },
  notice: (view, e) =>
    view.notices.includes(e.message) ? view : { ...view, notices: [...view.notices, e.message] },
  request_started(view, e) {
    const { phase, round, sequences } = e;
    const request = { ...view.requests[e.request], phase, round, sequences, state: "open" };
    const started = { ...view, current: { phase, round } };
    started.requests = { ...view.requests, [e.request]: request };
    return withoutLiveText(started, e);
  },
  request_finished(view, e) {
    const counted = view.countedPhases[`${e.phase}:${e.round}`] || view.requests[e.request]?.counted;
    const cost = counted ? view.cost : addCosts(view.cost, { ...e.cost, seconds: 0 });
    return { ...withRequest(view, e, { state: "finished", counted: true }), cost };
  },
  request_failed: (view, e) => withRequest(view, e, { state: "failed", error: e.error, failure: e.failure }),
  candidate_delta(view, e) {
    const known = view.candidates[e.candidate];
    if (known?.complete) return view;
    const partial = known ?? { id: e.candidate, ...idParts(e.candidate), live: "" };
    return withCandidate(view, { ...partial, request: e.request, live: partial.live + e.text });
  },
  loss_delta: (view, e) => withDelta(view, e, "loss"),
  gradient_delta: (view, e) => withDelta(view, e, "gradient"),
  candidate: (view, e) => withCandidate(view, { ...e.candidate, complete: true }),
  reward(view, e) {
    const early = Object.values(view.requests).some((r) => r.state === "open"); // others are still written
    const current = early ? view.current : { phase: "rank", round: e.round };
    const known = view.candidates[e.candidate];
    if (!known) return { ...view, current };
    const { type: _, v: __, round: ___, elapsed: ____, candidate: id, ...score } = e;
    const scored = { ...known, ...score };
    return { ...withCandidate(view, scored), current };
  },
  round(view, e) {
    const { loss, gradient, live, further } = view.rounds[e.round] ?? {};
    const kept = { ...(live && { live }), ...(further && { further }) };
    const critique = { loss: loss ?? null, gradient: gradient ?? null, ...kept };
    return withRound(view, e.round, { ...e.selected, ...critique });
  },
  plan: (view, e) => withRound(view, e.round, { plan: e.plan }),
  loss: (view, e) => withCritique(view, e, "loss"),
  gradient: (view, e) => withCritique(view, e, "gradient"),
  stop: (view, e) => ({ ...view, stop: e.reason, current: null }),
  final(view, e) {
    const answer = { candidate: e.candidate, text: e.answer, reward: e.reward };
    const gain = e.gain === undefined ? gainOf(Object.values(view.candidates), e.usage, answer) : e.gain;
    return { ...view, current: null, cost: { ...NO_COST, ...e.usage.total }, answer, usage: e.usage, gain };
  },
};

/** The view after one more event. */
export function applyEvent(view, event) {
  const name = String(event?.type ?? "").replace(/^tpo\./, "");
  if (!Object.hasOwn(HANDLERS, name)) return view;
  const elapsed = Math.max(view.elapsed, event.elapsed ?? 0);
  return { ...HANDLERS[name](view, event), elapsed };
}

/** What rewards had written to check the answers to this question for. */
export function writtenCriteria(view) {
  const newest = Object.values(view.rounds).reverse().find((round) => round.criteria);
  return Object.values(newest?.criteria ?? {}).flat();
}

/** The view as it was after the critique of round `last`: where a fork begins. */
export function viewUpTo(view, last) {
  const upToLast = (records) => Object.fromEntries(Object.entries(records).filter(([, r]) => r.round <= last));
  const { candidates, rounds } = view;
  return { ...view, candidates: upToLast(candidates), rounds: upToLast(rounds), stop: null, answer: null, gain: null };
}

const withCandidate = (view, candidate) => ({
  ...view,
  candidates: { ...view.candidates, [candidate.id]: candidate },
});

const withRound = (view, number, fields) => ({
  ...view,
  rounds: { ...view.rounds, [number]: { ...view.rounds[number], round: number, ...fields } },
});

const withRequest = (view, e, fields) => ({
  ...view,
  requests: { ...view.requests, [e.request]: { ...view.requests[e.request], ...fields } },
});

/** A request that starts, or starts again, has sent no text yet. */
function withoutLiveText(view, e) {
  if ((e.phase === "loss" || e.phase === "gradient") && !e.request.endsWith(e.phase)) return view; // a further one
  if (e.phase === "loss" || e.phase === "gradient") {
    return withRound(view, e.round, { live: { ...view.rounds[e.round]?.live, [e.phase]: "" } });
  }
  const again = Object.values(view.candidates).filter((c) => !c.complete && c.request === e.request);
  return again.reduce((v, c) => withCandidate(v, { ...c, live: "" }), view);
}

function withDelta(view, e, which) {
  const before = view.rounds[e.round]?.live ?? {};
  const live = { ...before, [which]: (before[which] ?? "") + e.text };
  return withRound(view, e.round, { live });
}

function withCritique(view, e, which) {
  if (e.index) return withFurther(view, e, which);
  const { live, ...round } = view.rounds[e.round] ?? {};
  const { [which]: _, ...others } = live ?? {};
  const rounds = { ...view.rounds, [e.round]: { round: e.round, ...round, [which]: e.text } };
  if (Object.keys(others).length) rounds[e.round].live = others;
  return { ...view, rounds, current: { phase: which, round: e.round } };
}

/** One of several critiques of a round, beside its first. */
function withFurther(view, e, which) {
  const further = [...(view.rounds[e.round]?.further ?? [])];
  further[e.index - 1] = { ...further[e.index - 1], [which]: e.text };
  return withRound(view, e.round, { further });
}
