/** What a thread waits for, by what the server says of it. */

/** How a thread that nothing works on stands. */
export function standing(thread, state, failure) {
  const asked = (state.tasks ?? []).flatMap((task) => task.interrupts ?? []);
  const pick = asked.map((i) => i.value).find((value) => value?.kind === "tpo.pick") ?? null;
  if (pick) return { status: "paused", pick };
  const wrong = failure ?? (state.tasks ?? []).map((task) => task.error).find(Boolean) ?? null;
  const ended = /^(CancelledError|UserInterrupt|GraphDrained)\b/.test(String(wrong ?? thread.error?.error ?? ""));
  const partWay = (state.next ?? []).length > 0;
  if (!ended && (wrong || thread.status === "error")) {
    return { status: "failed", problem: plain(wrong ?? thread.error) ?? "The run failed." };
  }
  if (partWay) return { status: "stopped" };
  return { status: state.values?.stop_reason ? "done" : "empty" };
}

/** A sentence out of an error as Python shows it: `Kind('sentence')`. */
function plain(error) {
  if (error == null) return null;
  const text = typeof error === "string" ? error : (error.message ?? JSON.stringify(error));
  return /^\w+\((["'])(.*)\1,?\)$/s.exec(text)?.[2] ?? text;
}
