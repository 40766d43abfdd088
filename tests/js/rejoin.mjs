// `langgraph dev` numbers its events by the millisecond: asked for what follows an event, it leaves
// out the ones of the same millisecond. So a client goes back to the last event before that one.
export const before = (seen) => seen.findLast(({ id }) => id !== seen.at(-1)?.id);
