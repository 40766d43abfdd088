// How a thread stands that nothing works on: by the name of an error, never by its sentence.
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

const page = process.env.TPO_PAGE ?? fileURLToPath(new URL("../../serving/page/", import.meta.url));
const { standing } = await import(`${page}/standing.js`);

const partWay = (error) => ({ next: ["loss"], tasks: [{ error }], values: {} });
const failed = { status: "error", error: null };

test("a run that was stopped is no failed one, whoever says so", () => {
  for (const name of ["CancelledError", "UserInterrupt", "GraphDrained"]) {
    assert.equal(standing(failed, partWay(`${name}()`)).status, "stopped");
    assert.equal(standing(failed, partWay(`${name}('by the user')`)).status, "stopped");
    assert.equal(standing(failed, partWay(null), { error: name, message: "by the user" }).status, "stopped");
    assert.equal(standing({ ...failed, error: { error: name, message: "x" } }, partWay(null)).status, "stopped");
  }
});

test("a failed run says why in its own words, even if they speak of something else", () => {
  for (const said of ["no route", "CancelledError is what the server said", 'it said "no"']) {
    const problem = { status: "failed", problem: said };
    assert.deepEqual(standing(failed, partWay(`RewardError('${said}')`)), problem);
    assert.deepEqual(standing(failed, partWay(said)), problem);
    assert.deepEqual(standing(failed, partWay(null), { error: "RewardError", message: said }), problem);
    assert.deepEqual(standing({ ...failed, error: { error: "RewardError", message: said } }, partWay(null)), problem);
  }
  assert.equal(standing(failed, partWay(null)).problem, "The run failed.");
});

test("without an error it is stopped part way, done or empty", () => {
  const idle = { status: "idle" };
  assert.equal(standing(idle, partWay(null)).status, "stopped");
  assert.equal(standing(idle, { next: [], values: { stop_reason: "depth" } }).status, "done");
  assert.equal(standing(idle, { next: [], values: {} }).status, "empty");
});
