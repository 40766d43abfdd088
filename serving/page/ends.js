/** What the history of a thread holds beside its latest state: other ends, and what all of it cost. */
import { NO_COST, addCosts } from "./view_from_events.js";
import { viewFromState } from "./view_from_state.js";

const idOf = (checkpoint) => checkpoint?.checkpoint_id;

/** The ends of all turns and branches, the newest first: `{view, created, turn}`; `history` as a server lists it. */
export function endsIn(history) {
  const parents = new Set(history.map((state) => idOf(state.parent_checkpoint)));
  const isEnd = (state) => !parents.has(idOf(state.checkpoint)) || (state.next.length === 0 && state.values.stop_reason);
  const ends = history.filter((state) => state.values?.candidates?.length && isEnd(state));
  return ends.map((state) => ({ view: viewFromState(state), created: state.created_at, turn: state.values.turn }));
}

/** The cost of all turns and branches together: what each checkpoint adds to the one before it. */
export function spentIn(history) {
  const byId = new Map(history.map((state) => [idOf(state.checkpoint), state.values?.usage]));
  return history.reduce((sum, state) => {
    const usage = state.values?.usage;
    if (!usage?.total) return sum;
    const before = byId.get(idOf(state.parent_checkpoint));
    return addCosts(sum, added(usage.total, before?.turn === usage.turn ? before.total : {}));
  }, NO_COST);
}

const added = (after, before) => ({
  ...Object.fromEntries(Object.keys(NO_COST).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)])),
  exact: after.exact,
});
