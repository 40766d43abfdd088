/** The status of a thread on which no run is at work. */

/** Errors that a run ends with when a person stops it, or the server does. */
const STOPPED = ["CancelledError", "UserInterrupt", "GraphDrained"];

/** `{status, pick?, problem?}`: what the thread is, and what a person is asked or has to know. */
export function threadStatus(thread, state, failure) {
  const interrupts = (state.tasks ?? []).flatMap((task) => task.interrupts ?? []);
  const pick = interrupts.map((i) => i.value).find((value) => value?.kind === "tpo.pick") ?? null;
  if (pick) return { status: "paused", pick };
  const error = failure ?? (state.tasks ?? []).map((task) => task.error).find(Boolean) ?? null;
  const { name, message } = parsed(error ?? thread.error);
  if (!STOPPED.includes(name) && (error || thread.status === "error")) {
    return { status: "failed", problem: message ?? "The run failed." };
  }
  if (upcoming(state).length > 0) return { status: "stopped" };
  return { status: state.values?.stop_reason ? "done" : "empty" };
}

/** What a run does next. A step that finished, but was cut off before the checkpoint after it, is among the tasks alone. */
export const upcoming = (state) => (state.next?.length ? state.next : (state.tasks ?? []).map((task) => task.name));

/** The name and message of an error. A task's error is text as Python shows it: `Name('message')`. */
function parsed(error) {
  if (error == null) return {};
  const text = typeof error === "string" ? error : (error.message ?? error.error ?? JSON.stringify(error));
  const [, name, , message] = /^(\w+)\((?:(["'])(.*)\2,?)?\)$/s.exec(text) ?? [];
  return { name: error.error ?? name, message: message ?? text };
}
