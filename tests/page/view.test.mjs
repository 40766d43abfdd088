// The view of a run: a pure function of its events, and the same one from its saved state.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";

const page = process.env.TPO_PAGE ?? fileURLToPath(new URL("../../serving/page/", import.meta.url));
const { applyEvent, emptyView, writtenCriteria } = await import(`${page}/view_from_events.js`);
const { viewFromState, conversation } = await import(`${page}/view_from_state.js`);

const { endsIn, spentIn } = await import(`${page}/ends.js`);

const event = (type, fields) => ({ type: `tpo.${type}`, v: 1, round: 0, elapsed: 1, ...fields });
const play = (events, from = emptyView()) => events.reduce(applyEvent, from);
const candidate = (id, text, more = {}) =>
  event("candidate", { candidate: { id, turn: 1, round: 0, index: 0, text, reward: null, error: null, ...more } });
const start = event("run_started", { query: "Why?", mode: "tpo", depth: 1, width: 2, policy: "p", critic: "p", reward: "r" });
const request = (name, phase = "sample") => event("request_started", { request: name, phase, sequences: 1 });
const delta = (id, text) => event("candidate_delta", { request: id, candidate: id, text });

function frozen(value) {
  Object.values(value).forEach((v) => v && typeof v === "object" && frozen(v));
  return Object.freeze(value);
}

test("text grows, and a request that starts again starts over", () => {
  const view = play([start, request("r0c1"), delta("r0c1", "It "), delta("r0c1", "is")]);
  assert.equal(view.candidates.r0c1.live, "It is");
  assert.equal(view.candidates.r0c1.index, 1);
  const again = play([request("r0c1"), delta("r0c1", "He")], view);
  assert.equal(again.candidates.r0c1.live, "He");
});

test("several texts of one request grow beside each other, and start over together", () => {
  const piece = (id, text) => event("candidate_delta", { request: "r0c0-1", candidate: id, text });
  const view = play([start, request("r0c0-1"), piece("r0c1", "It "), piece("r0c0", "He"), piece("r0c1", "is")]);
  assert.deepEqual([view.candidates.r0c0.live, view.candidates.r0c1.live], ["He", "It is"]);
  const again = play([request("r0c0-1"), piece("r0c1", "So")], view);
  assert.deepEqual([again.candidates.r0c0.live, again.candidates.r0c1.live], ["", "So"]);
});

test("a complete candidate takes the place of its preview, and late pieces do not touch it", () => {
  const view = play([start, request("r0c0"), delta("r0c0", "dra"), candidate("r0c0", "draft, done"), delta("r0c0", "x")]);
  assert.equal(view.candidates.r0c0.text, "draft, done");
  assert.equal(view.candidates.r0c0.live, undefined);
});

test("loss and gradient are previewed, then replaced", () => {
  const live = play([start, request("r0-loss", "loss"), event("loss_delta", { request: "r0-loss", candidate: null, text: "It la" })]);
  assert.equal(live.rounds[0].live.loss, "It la");
  assert.equal(live.rounds[0].loss, undefined);
  const done = applyEvent(live, event("loss", { text: "It lacks." }));
  assert.equal(done.rounds[0].loss, "It lacks.");
  assert.equal(done.rounds[0].live, undefined);
});

test("of several critiques the first is the round's own, and the others stand beside it", () => {
  const started = [start, request("r0-loss", "loss"), event("loss_delta", { request: "r0-loss", candidate: null, text: "It" })];
  const live = play([...started, request("r0-loss-1", "loss")]);
  assert.equal(live.rounds[0].live.loss, "It"); // another request has not begun it again
  const texts = ["loss", "gradient"].flatMap((step) => [0, 1].map((index) => event(step, { text: `${step} ${index}`, index })));
  const round = event("round", { selected: { turn: 1, round: 0, chosen: "r0c0", loss: null, gradient: null } });
  const view = play([...texts, round], live);
  assert.deepEqual([view.rounds[0].loss, view.rounds[0].gradient], ["loss 0", "gradient 0"]);
  assert.deepEqual(view.rounds[0].further, [{ loss: "loss 1", gradient: "gradient 1" }]);
});

test("a round that is sent again keeps the words that were written about it", () => {
  const round = (chosen) => event("round", { selected: { turn: 1, round: 0, chosen, rejected: null, loss: null, gradient: null } });
  const view = play([start, round("r0c0"), event("loss", { text: "L" }), round("r0c1")]);
  assert.equal(view.rounds[0].chosen, "r0c1");
  assert.equal(view.rounds[0].loss, "L");
});

test("what was written to check the answers for is taken from the newest round that has it", () => {
  const one = { name: "air", ask: "Does it say air?", weight: 2 };
  const round = (fields) => event("round", { selected: { turn: 1, round: 0, chosen: "r0c0", ...fields } });
  assert.deepEqual(writtenCriteria(play([start, round({})])), []);
  const view = play([start, round({ criteria: { "rubric:auto:m": [one] } })]);
  assert.deepEqual(writtenCriteria(view), [one]);
});

test("cost is counted once for each request, however often it is sent", () => {
  const cost = { requests: 1, sequences: 1, scores: 0, input_tokens: 7, cached_tokens: 0, output_tokens: 3, seconds: 0, exact: false };
  const finished = event("request_finished", { request: "r0c0", phase: "sample", cost });
  const view = play([start, request("r0c0"), finished, finished]);
  assert.equal(view.cost.input_tokens, 7);
  assert.equal(view.cost.exact, false);
});

test("a failed request and a failed score are shown, not counted as numbers", () => {
  const view = play([
    start,
    request("r0c0"),
    event("request_failed", { request: "r0c0", phase: "sample", error: "500", failure: "failed" }),
    candidate("r0c1", "b"),
    event("reward", { candidate: "r0c1", reward: null, error: "no", failure: "unscored" }),
  ]);
  const { error, failure } = view.requests.r0c0;
  assert.deepEqual({ error, failure }, { error: "500", failure: "failed" });
  assert.equal(view.candidates.r0c1.error, "no");
  assert.equal(view.candidates.r0c1.failure, "unscored");
  assert.equal(view.candidates.r0c1.reward, null);
});

test("another question starts a blank view; the same one, resumed, keeps what there is", () => {
  const view = play([start, candidate("r0c0", "a")]);
  assert.deepEqual(Object.keys(applyEvent(view, start).candidates), ["r0c0"]);
  assert.deepEqual(applyEvent(view, { ...start, query: "And why?" }).candidates, {});
});

test("what is unknown is ignored, and no argument is changed", () => {
  const view = frozen(play([start, request("r0c0"), delta("r0c0", "a")]));
  for (const odd of [null, 3, {}, event("new_in_v1", {}), event("constructor", {}), event("__proto__", {})]) {
    assert.equal(applyEvent(view, odd).candidates.r0c0.live, "a");
  }
  applyEvent(view, delta("r0c0", "b"));
  assert.equal(view.candidates.r0c0.live, "a");
});

test("a question that was not sampled yet does not show the pool of the one before", () => {
  const values = {
    turn: 1,
    messages: [
      { type: "system", content: "Be brief." },
      { type: "human", content: "Why?" },
      { type: "ai", content: "So." },
      { type: "human", content: [{ type: "text", text: "And then?" }] },
    ],
    candidates: [{ id: "r0c0", turn: 1, round: 0, text: "So." }],
    answer: "So.",
    stop_reason: "depth",
  };
  // The second: sampled, but cut off before the checkpoint after it.
  for (const place of [{ next: ["sample"] }, { next: [], tasks: [{ name: "sample" }] }]) {
    const view = viewFromState({ values, ...place });
    assert.equal(view.query, "And then?");
    assert.deepEqual(view.candidates, {});
    assert.equal(view.answer, null);
  }
  const { system, earlier } = conversation(values.messages);
  assert.equal(system, "Be brief.");
  assert.deepEqual(earlier.map((m) => m.text), ["Why?", "So."]);
});

test("turns and branches end where nothing goes on, or where a run was finished", () => {
  const at = (id, parent, answer, next = []) => ({
    checkpoint: { checkpoint_id: id },
    parent_checkpoint: parent && { checkpoint_id: parent },
    created_at: id,
    next,
    values: { turn: 1, stop_reason: "depth", answer, candidates: [{ id: "r0c0", turn: 1, round: 0, text: answer, reward: 1, error: null }], rounds: [] },
  });
  const history = [at("4", "2", "new"), at("3", "2", "old"), at("2", "1", "", ["loss"]), at("1", null, "first")];
  assert.deepEqual(endsIn(history).map((b) => b.view.answer?.text), ["new", "old", "first"]);
});

test("what all branches have cost is counted once", () => {
  const at = (id, parent, turn, tokens) => ({
    checkpoint: { checkpoint_id: id },
    parent_checkpoint: parent && { checkpoint_id: parent },
    values: { usage: { turn, total: { requests: 1, input_tokens: tokens, output_tokens: 0, exact: true }, phases: {} } },
  });
  const history = [at("5", "4", 2, 8), at("4", "2", 1, 50), at("3", "2", 1, 40), at("2", "1", 1, 30), at("1", null, 1, 10)];
  assert.equal(spentIn(history).input_tokens, 30 + 10 + 20 + 8);
  assert.equal(spentIn([{ values: {} }]).exact, true);
});

test("a thread in which nothing happened is blank", () => {
  assert.deepEqual(viewFromState({ values: {}, next: [] }), { ...emptyView(), countedPhases: { "sample:0": true } });
});

// Real runs, recorded by test_javascript.py: their events and the state they ended in.
const folder = process.env.TPO_RECORDED;
for (const name of folder ? readdirSync(folder) : []) {
  const { events, state } = JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
  const shown = ({ query, candidates, rounds, cost, stop, answer, usage, gain }) => ({ query, candidates, rounds, cost, stop, answer, usage, gain });

  test(`${name}: events and state give the same view`, () => {
    assert.deepEqual(shown(play(events)), shown(viewFromState(state)));
    assert.ok(events.at(-1).gain, "its last event has the gain");
  });

  test(`${name}: a stream replayed from the start, at any point, ends in the same view`, () => {
    const whole = shown(play(events));
    for (let cut = 0; cut < events.length; cut += 7) {
      assert.deepEqual(shown(play(events, play(events.slice(0, cut)))), whole);
    }
  });
}
