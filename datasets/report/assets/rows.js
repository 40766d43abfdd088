/** The rows of a comparison: who won, which are shown, in which order. All pure. */

/** What one arm's answer is worth more than another's, `by` a measure; null if it is not known. */
export function gap(row, { pair: [arm, other], by }) {
  const a = row.answers[arm]?.[by];
  const b = row.answers[other]?.[by];
  return a == null || b == null ? null : a - b;
}

/** The name of the arm that won, "tie", or "" if that is not known. */
export function winner(row, view) {
  const difference = gap(row, view);
  if (difference == null) return "";
  if (difference === 0) return "tie";
  return view.pair[difference > 0 ? 0 : 1];
}

/** The rows that a reader wants to see. `words` may stand in the query, its id, or an answer. */
export function matching(rows, view) {
  const { words = "", category = null, won = null } = view;
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (category == null || row.category === category) &&
      (won == null || winner(row, view) === won) &&
      (!wanted.length || wanted.every((word) => textOf(row).includes(word))),
  );
}

const texts = new WeakMap();

function textOf(row) {
  if (!texts.has(row)) {
    const answers = Object.values(row.answers).map((answer) => answer.text);
    texts.set(row, [row.id, row.query, ...answers].join("\n").toLowerCase());
  }
  return texts.get(row);
}

/** What each column is sorted by. */
const keyOfColumn = (view) =>
  ({
    query: (row) => row.query.toLowerCase(),
    category: (row) => row.category.toLowerCase(),
    gap: (row) => gap(row, view),
    winner: (row) => winner(row, view),
  })[view.column] ?? ((row) => row.answers[view.column.slice("arm:".length)]?.[view.by] ?? null);

/** Rows in order; equal ones stay as they were, and what is not known comes last either way. */
export function sorted(rows, view) {
  if (!view.column) return rows;
  const key = keyOfColumn(view);
  const sign = view.down ? -1 : 1;
  return [...rows].sort((one, two) => {
    const a = key(one);
    const b = key(two);
    if (a == null || b == null) return (a == null) - (b == null);
    return typeof a === "string" ? sign * a.localeCompare(b) : sign * (a - b);
  });
}

/** The categories that rows have, in order. */
export const categories = (rows) => [...new Set(rows.map((row) => row.category))].filter(Boolean).sort();
