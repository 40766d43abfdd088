/** The rows of a comparison: who won, which are shown, in which order. All pure. */

/** What one arm's answer is worth more than another's; null if it is not known. */
export function gap(row, [arm, other]) {
  const a = row.answers[arm]?.reward;
  const b = row.answers[other]?.reward;
  return a == null || b == null ? null : a - b;
}

/** The name of the arm that won, "tie", or "" if that is not known. */
export function winner(row, pair) {
  const difference = gap(row, pair);
  if (difference == null) return "";
  if (difference === 0) return "tie";
  return difference > 0 ? pair[0] : pair[1];
}

/** The rows that a reader wants to see. `words` may stand in the query, its id, or an answer. */
export function matching(rows, { words = "", category = null, won = null, pair }) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (category == null || row.category === category) &&
      (won == null || winner(row, pair) === won) &&
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
export const keyOfColumn = (column, pair) =>
  ({
    query: (row) => row.query.toLowerCase(),
    category: (row) => row.category.toLowerCase(),
    gap: (row) => gap(row, pair),
    winner: (row) => winner(row, pair),
  })[column] ?? ((row) => row.answers[column.slice("arm:".length)]?.reward ?? null);

/** Rows in order; equal ones stay as they were, and what is not known comes last either way. */
export function sorted(rows, { column, down }, pair) {
  if (!column) return rows;
  const key = keyOfColumn(column, pair);
  const sign = down ? -1 : 1;
  return [...rows].sort((one, two) => {
    const a = key(one);
    const b = key(two);
    if (a == null || b == null) return (a == null) - (b == null);
    return typeof a === "string" ? sign * a.localeCompare(b) : sign * (a - b);
  });
}

/** The categories that rows have, in order. */
export const categories = (rows) => [...new Set(rows.map((row) => row.category))].filter(Boolean).sort();
