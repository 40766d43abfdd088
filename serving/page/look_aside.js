/** To look at an earlier turn or at a branch, and to come back to the latest. */
import { endsIn, spentIn } from "./ends.js";

export function lookAside({ state: s, set, server, showingErrors }) {
  const history = () => server.history(s.thread);
  const lookAt = (view, what) =>
    set({ view: { ...view, setup: s.view.setup }, aside: { view: s.aside?.view ?? s.view, what } });
  return {
    /** All ends of the thread, and what it has cost: `{ends, spent}`. */
    ends: showingErrors(async () => {
      const found = await history();
      return { ends: endsIn(found), spent: spentIn(found) };
    }),
    lookAt,
    /** The rounds of an earlier answer: the one at this place in the conversation. */
    lookAtAnswer: showingErrors(async (at) => {
      const { text } = s.earlier[at];
      const query = s.earlier.slice(0, at).findLast(({ author }) => author === "you")?.text;
      const found = endsIn(await history()).find(({ view }) => view.query === query && view.answer?.text === text);
      if (!found) throw new Error("The server no longer has the rounds of that answer.");
      lookAt(found.view, "an earlier turn");
    }),
    lookBack: () => s.aside && set({ view: s.aside.view, aside: null }),
  };
}
