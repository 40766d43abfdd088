/** What the browser's tab is called: the state of the run, then its question. */

const STATES = { paused: "Your pick", stopped: "Stopped", failed: "Failed", done: "Done", gone: "Gone", loading: "Opening" };

export function tabTitle({ status, view, connection }) {
  if (status === "empty") return "tpo: answers that improve while you watch";
  const { current, setup } = view;
  const depth = setup?.mode === "best_of_n" ? 0 : (setup?.depth ?? 0);
  const running = `${current?.phase ?? "starting"}, round ${current?.round ?? 0} of ${depth}`;
  const state = connection === "offline" ? "Offline" : (STATES[status] ?? running);
  return [state, view.query.replace(/\s+/g, " ").slice(0, 60), "tpo"].filter(Boolean).join(" · ");
}
