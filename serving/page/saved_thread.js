/**
 * A thread, its state, and which run is at work on it (null if none is).
 *
 * They are read one after the other, and once more if its run ends meanwhile: a state that is older than
 * the end of its run looks as if the run had stopped part-way.
 */
export async function savedThread(server, id, again = true) {
  const thread = await server.thread(id);
  const state = await server.state(id);
  const running = thread.status === "busy" ? await runningRun(server, id) : null;
  const ended = thread.status === "busy" && !running;
  return ended && again ? savedThread(server, id, false) : { thread, state, running };
}

async function runningRun(server, thread) {
  const runs = await server.runs(thread);
  return runs.find((run) => run.status === "running" || run.status === "pending")?.run_id ?? null;
}
