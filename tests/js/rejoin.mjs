// `langgraph dev` numbers its events by the millisecond: asked for what follows an event, it leaves
// out the ones of the same millisecond. So a client goes back to the last event before that one.
export const before = (seen) => seen.findLast(({ id }) => id !== seen.at(-1)?.id);

// It also sends what happens while a client joins twice: from its store and live.
export async function* eachOnce(stream) {
  const known = new Set();
  for await (const part of stream) {
    const { event, data, id } = part;
    const told = JSON.stringify([event, data, id]);
    if (id && known.has(told)) continue;
    known.add(told);
    yield part;
  }
}
