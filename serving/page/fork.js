/** A fork: the loss or gradient of a round is changed in a copy of that checkpoint. */
import { viewFromState } from "./view_from_state.js";

/** Make it at a round of the view; returns `{checkpoint, view}`: where the run goes on, what there is by then. */
export async function forkAt(server, thread, { round, further }, which, text) {
  const next = { loss: "gradient", gradient: "update" }[which];
  const history = await server.history(thread);
  const found = history.find((c) => c.next[0] === next && c.values.round === round);
  if (!found) throw new Error("The server no longer has that step.");
  const alone = further ? { further: [] } : {}; // what a person writes counts alone
  const edited = { turn: found.values.turn, round, [which]: text, by_hand: [which], ...alone };
  const { checkpoint } = await server.changeState(thread, {
    values: { rounds: [edited] },
    checkpoint: found.checkpoint,
    as_node: which,
  });
  const view = viewFromState(await server.state(thread));
  return { checkpoint, view: { ...view, current: { phase: next, round } } };
}
