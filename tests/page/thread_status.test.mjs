// The status of a thread on which no run is at work: by the name of an error, never by its sentence.
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

const page = process.env.TPO_PAGE ?? fileURLToPath(new URL("../../serving/page/", import.meta.url));
const { threadStatus } = await import(`${page}/thread_status.js`);

const partWay = (error) => ({ next: ["loss"], tasks: [{ error }], values: {} });
const failed = { status: "error", error: null };

test("a run that was stopped has not failed, whoever reports it", () => {
  for (const name of ["CancelledError", "UserInterrupt", "GraphDrained"]) {
    assert.equal(threadStatus(failed, partWay(`${name}()`)).status, "stopped");
    assert.equal(threadStatus(failed, partWay(`${name}('by the user')`)).status, "stopped");
    assert.equal(threadStatus(failed, partWay(null), { error: name, message: "by the user" }).status, "stopped");
    assert.equal(threadStatus({ ...failed, error: { error: name, message: "x" } }, partWay(null)).status, "stopped");
  }
});

test("a failed run says why in its own words, even if they name another error", () => {
  for (const message of ["no route", "CancelledError is what the server said", 'it said "no"']) {
    const problem = { status: "failed", problem: message };
    assert.deepEqual(threadStatus(failed, partWay(`RewardError('${message}')`)), problem);
    assert.deepEqual(threadStatus(failed, partWay(message)), problem);
    assert.deepEqual(threadStatus(failed, partWay(null), { error: "RewardError", message }), problem);
    assert.deepEqual(threadStatus({ ...failed, error: { error: "RewardError", message } }, partWay(null)), problem);
  }
  assert.equal(threadStatus(failed, partWay(null)).problem, "The run failed.");
});

test("without an error it is stopped part way, done or empty", () => {
  const idle = { status: "idle" };
  assert.equal(threadStatus(idle, partWay(null)).status, "stopped");
  // The last step has ended, and the checkpoint after it is missing.
  assert.equal(threadStatus(idle, { next: [], tasks: [{ name: "finish" }], values: {} }).status, "stopped");
  assert.equal(threadStatus(idle, { next: [], tasks: [], values: { stop_reason: "depth" } }).status, "done");
  assert.equal(threadStatus(idle, { next: [], values: {} }).status, "empty");
});
