/** What a thread waits for, by what the server says of it. */

/** Errors that a run ends with when someone stops it, or the server. */
const STOPPED = ["CancelledError", "UserInterrupt", "GraphDrained"];

/** How a thread that nothing works on stands. */
export function standing(thread, state, failure) {
  const asked = (state.tasks ?? []).flatMap((task) => task.interrupts ?? []);
  const pick = asked.map((i) => i.value).find((value) => value?.kind === "tpo.pick") ?? null;
  if (pick) return { status: "paused", pick };
  const wrong = failure ?? (state.tasks ?? []).map((task) => task.error).find(Boolean) ?? null;
  const { name, said } = read(wrong ?? thread.error);
  const partWay = (state.next ?? []).length > 0;
  if (!STOPPED.includes(name) && (wrong || thread.status === "error")) {
    return { status: "failed", problem: said ?? "The run failed." };
  }
  if (partWay) return { status: "stopped" };
  return { status: state.values?.stop_reason ? "done" : "empty" };
}

/** The name of an error and its sentence: the server tells both, a task what Python shows, `Name('sentence')`. */
function read(error) {
  if (error == null) return {};
  const text = typeof error === "string" ? error : (error.message ?? error.error ?? JSON.stringify(error));
  const [, shown, , said] = /^(\w+)\((?:(["'])(.*)\2,?)?\)$/s.exec(text) ?? [];
  return { name: error.error ?? shown, said: said ?? text };
}
