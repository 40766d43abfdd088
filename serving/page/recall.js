/** What the state of a finished run does not hold: its notices and its setup, from the events that the server kept. */
import { applyEvent, emptyView } from "./view_from_events.js";

const PATIENCE = 10_000; // milliseconds for all of them

/** `{notices, setup?}` of the newest run of a thread, and of those that it went on from. */
export async function recall(server, thread, query, signal) {
  const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  let notices = [];
  for (const { run_id: run } of await server.runs(thread)) {
    let view = emptyView();
    for await (const { event, data } of server.join(thread, run, within)) {
      if (event.startsWith("custom")) view = applyEvent(view, data);
    }
    if (view.setup && view.query !== query) break; // of an earlier question
    notices = [...new Set([...view.notices, ...notices])];
    if (view.setup) return { notices, setup: view.setup };
  }
  return { notices };
}
