/** To look at an earlier turn or at a branch, and to come back to the latest. */
import { endsIn } from "./view_from_state.js";

export function lookAside({ state: s, set, server, showingErrors }) {
  const ends = async () => endsIn(await server.history(s.thread));
  const lookAt = (view, what) =>
    set({ view: { ...view, setup: s.view.setup }, aside: { view: s.aside?.view ?? s.view, what } });
  return {
    ends: showingErrors(ends),
    lookAt,
    lookAtAnswer: showingErrors(async (text) => {
      const found = (await ends()).find(({ view }) => view.answer?.text === text);
      if (!found) throw new Error("The server no longer has the rounds of that answer.");
      lookAt(found.view, "an earlier turn");
    }),
    lookBack: () => s.aside && set({ view: s.aside.view, aside: null }),
  };
}
