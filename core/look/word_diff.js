/** What changed from one text to another, word by word. */

const MAX_CELLS = 4_000_000; // of the table below: two texts of about 1,000 words each
const MAX_ISLAND = 6; // characters of unchanged text that count as part of a change

/**
 * @returns {{kind: "same" | "gone" | "new", text: string}[]} Pieces that, without the new ones,
 *   add up to `before`, and without the gone ones to `after`.
 */
export function wordDiff(before, after) {
  const a = words(before);
  const b = words(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  const maxTail = Math.min(a.length, b.length) - head;
  while (tail < maxTail && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return joined([
    ...a.slice(0, head).map((text) => ({ kind: "same", text })),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map((text) => ({ kind: "same", text })),
  ]);
}

const words = (text) => text.match(/\s+|[\p{L}\p{N}_'’-]+|[^\s\p{L}\p{N}_]/gu) ?? [];

/** The longest common subsequence; texts too long for its table count as rewritten. */
function middle(a, b) {
  const gone = a.map((text) => ({ kind: "gone", text }));
  const added = b.map((text) => ({ kind: "new", text }));
  if (!a.length || !b.length || a.length * b.length > MAX_CELLS) return [...gone, ...added];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = common[(i + 1) * width + j];
      const right = common[i * width + j + 1];
      const next = common[(i + 1) * width + j + 1];
      common[i * width + j] = a[i] === b[j] ? next + 1 : Math.max(below, right);
    }
  }
  const pieces = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) pieces.push({ kind: "same", text: a[(j++, i++)] });
    else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) pieces.push(gone[i++]);
    else pieces.push(added[j++]);
  }
  return [...pieces, ...gone.slice(i), ...added.slice(j)];
}

/** Changes become whole phrases: a word or two that stayed between them counts as changed too. */
function joined(pieces) {
  const runs = [];
  let gone = "";
  let added = "";
  let same = ""; // since the last change
  const flush = () => {
    if (gone) runs.push({ kind: "gone", text: gone });
    if (added) runs.push({ kind: "new", text: added });
    if (same) runs.push({ kind: "same", text: same });
    gone = added = same = "";
  };
  for (const { kind, text } of pieces) {
    if (kind === "same") {
      same += text;
      continue;
    }
    const island = (gone || added) && same.trim().length <= MAX_ISLAND;
    if (same && !island) flush();
    gone += same;
    added += same;
    same = "";
    if (kind === "gone") gone += text;
    else added += text;
  }
  flush();
  return runs;
}
