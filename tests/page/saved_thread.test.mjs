// A thread and its state are read of one moment, though a run ends between two requests.
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

const page = process.env.TPO_PAGE ?? fileURLToPath(new URL("../../serving/page/", import.meta.url));
const { savedThread } = await import(`${page}/saved_thread.js`);

/** A server whose run ends after so many requests; `asked` are all that it got. */
function serverOf({ endsAfter, forgets = false }) {
  const asked = [];
  const said = (what, open, ended) => {
    asked.push(what);
    return asked.length <= endsAfter ? open : ended;
  };
  return {
    asked,
    thread: async () => said("thread", { status: "busy" }, { status: "idle" }),
    state: async () => said("state", { next: ["loss"] }, { next: [], values: { stop_reason: "depth" } }),
    runs: async () => said("runs", forgets ? [] : [{ status: "running", run_id: "r" }], []),
  };
}

test("a run at work is found", async () => {
  assert.equal((await savedThread(serverOf({ endsAfter: 9 }), "t")).running, "r");
});

test("the state is never older than the end of its run", async () => {
  for (const endsAfter of [0, 1, 2]) {
    const found = await savedThread(serverOf({ endsAfter }), "t");
    assert.equal(found.running, null);
    assert.deepEqual(found.state.next, [], `after ${endsAfter}`);
    assert.equal(found.thread.status, "idle");
  }
});

test("a server that calls a thread busy, and knows no run of it, is believed the second time", async () => {
  const server = serverOf({ endsAfter: 99, forgets: true });
  assert.equal((await savedThread(server, "t")).running, null);
  assert.equal(server.asked.length, 6);
});
