/**
 * What a run looks like: a pure function of the events it sent (docs/events.md).
 *
 * `apply(view, event)` returns the next view and changes nothing. Events may come twice, or
 * again from the start: the newer counts, and the result is the same. Types and fields that are
 * not known here are passed over.
 */

export const NOTHING = {
  requests: 0,
  sequences: 0,
  scores: 0,
  input_tokens: 0,
  cached_tokens: 0,
  output_tokens: 0,
  seconds: 0,
  exact: true,
};

/** A view in which nothing has happened. */
export const blank = (query = "") => ({
  query,
  setup: null, // what run_started tells: mode, depth, width, policy, critic, reward
  doing: null, // {phase, round}
  candidates: {}, // by id; `whole` once complete, else `live` text
  rounds: {}, // by number: a round's record; `live` holds a loss or gradient being written
  requests: {}, // by name: {phase, round, state: "open" | "back" | "failed", counted, error}
  notices: [],
  cost: NOTHING,
  paid: {}, // phases ("update:1") whose cost the state we began with had counted
  elapsed: 0,
  stop: null,
  answer: null, // {candidate, text, reward}
});

export const idParts = (id) => {
  const [, round, index] = /^r(\d+)c(\d+)$/.exec(id) ?? [null, 0, 0];
  return { round: Number(round), index: Number(index) };
};

export const addCosts = (a, b) => ({
  ...Object.fromEntries(Object.keys(NOTHING).map((k) => [k, k === "exact" ? true : a[k] + (b[k] ?? 0)])),
  exact: a.exact && (b.exact ?? true),
});

const HANDLERS = {
  run_started(view, e) {
    const { query, mode, depth, width, policy, critic, reward } = e;
    const another = view.answer || view.stop || (view.query && view.query !== query);
    const base = another ? blank() : view;
    const setup = { mode, depth, width, policy, critic, reward };
    return { ...base, query, setup, doing: { phase: "sample", round: 0 } };
  },
  notice: (view, e) =>
    view.notices.includes(e.message) ? view : { ...view, notices: [...view.notices, e.message] },
  request_started(view, e) {
    const { phase, round, sequences } = e;
    const request = { ...view.requests[e.request], phase, round, sequences, state: "open" };
    const started = { ...view, doing: { phase, round } };
    started.requests = { ...view.requests, [e.request]: request };
    return startOver(started, e);
  },
  request_finished(view, e) {
    const counted = view.paid[`${e.phase}:${e.round}`] || view.requests[e.request]?.counted;
    const cost = counted ? view.cost : addCosts(view.cost, { ...e.cost, seconds: 0 });
    return { ...requestIs(view, e, { state: "back", counted: true }), cost };
  },
  request_failed: (view, e) => requestIs(view, e, { state: "failed", error: e.error, failure: e.failure }),
  candidate_delta(view, e) {
    const known = view.candidates[e.candidate];
    if (known?.whole) return view;
    const stub = known ?? { id: e.candidate, ...idParts(e.candidate), live: "" };
    return withCandidate(view, { ...stub, request: e.request, live: stub.live + e.text });
  },
  loss_delta: (view, e) => growing(view, e, "loss"),
  gradient_delta: (view, e) => growing(view, e, "gradient"),
  candidate: (view, e) => withCandidate(view, { ...e.candidate, whole: true }),
  reward(view, e) {
    const doing = { phase: "rank", round: e.round };
    const known = view.candidates[e.candidate];
    if (!known) return { ...view, doing };
    const { type: _, v: __, round: ___, elapsed: ____, candidate: id, ...score } = e;
    const scored = { ...known, ...score };
    return { ...withCandidate(view, scored), doing };
  },
  round(view, e) {
    const { loss, gradient, live } = view.rounds[e.round] ?? {};
    const kept = { loss: loss ?? null, gradient: gradient ?? null, ...(live && { live }) };
    return withRound(view, e.round, { ...e.selected, ...kept });
  },
  loss: (view, e) => written(view, e, "loss"),
  gradient: (view, e) => written(view, e, "gradient"),
  stop: (view, e) => ({ ...view, stop: e.reason, doing: null }),
  final: (view, e) => ({
    ...view,
    doing: null,
    cost: e.usage.total,
    answer: { candidate: e.candidate, text: e.answer, reward: e.reward },
  }),
};

/** The view after one more event. */
export function apply(view, event) {
  const name = String(event?.type ?? "").replace(/^tpo\./, "");
  if (!Object.hasOwn(HANDLERS, name)) return view;
  const elapsed = Math.max(view.elapsed, event.elapsed ?? 0);
  return { ...HANDLERS[name](view, event), elapsed };
}

/** The view as it was when a round had been criticised: what a fork begins with. */
export function upTo(view, last) {
  const kept = (records) => Object.fromEntries(Object.entries(records).filter(([, r]) => r.round <= last));
  const { candidates, rounds } = view;
  return { ...view, candidates: kept(candidates), rounds: kept(rounds), stop: null, answer: null };
}

const withCandidate = (view, candidate) => ({
  ...view,
  candidates: { ...view.candidates, [candidate.id]: candidate },
});

const withRound = (view, number, fields) => ({
  ...view,
  rounds: { ...view.rounds, [number]: { ...view.rounds[number], round: number, ...fields } },
});

const requestIs = (view, e, fields) => ({
  ...view,
  requests: { ...view.requests, [e.request]: { ...view.requests[e.request], ...fields } },
});

/** A request that starts, or starts again, has said nothing yet. */
function startOver(view, e) {
  if (e.phase === "loss" || e.phase === "gradient") {
    return withRound(view, e.round, { live: { ...view.rounds[e.round]?.live, [e.phase]: "" } });
  }
  const again = Object.values(view.candidates).filter((c) => !c.whole && c.request === e.request);
  return again.reduce((v, c) => withCandidate(v, { ...c, live: "" }), view);
}

function growing(view, e, which) {
  const before = view.rounds[e.round]?.live ?? {};
  const live = { ...before, [which]: (before[which] ?? "") + e.text };
  return withRound(view, e.round, { live });
}

function written(view, e, which) {
  const { live, ...round } = view.rounds[e.round] ?? {};
  const { [which]: _, ...others } = live ?? {};
  const rounds = { ...view.rounds, [e.round]: { round: e.round, ...round, [which]: e.text } };
  if (Object.keys(others).length) rounds[e.round].live = others;
  return { ...view, rounds, doing: { phase: which, round: e.round } };
}
