// The report's pure functions: who won, what is shown, in which order, and figures in words.
import assert from "node:assert/strict";
import test from "node:test";

const { gap, winner, matching, sorted, categories } = await import(`${process.env.TPO_REPORT}/rows.js`);

const pair = ["tpo", "policy"];
const by = "reward";
const view = { pair, by };
const answer = (reward, text = "an answer") => ({ reward, text });
const row = (id, category, mine, other) => ({ id, category, query: `Why ${id}?`, answers: { tpo: answer(mine, `mine ${id}`), policy: answer(other) } });
const rows = [row("b", "code", 1, 2), row("a", "", 3, 1), row("c", "advice", 2, 2)];
const ids = (found) => found.map((r) => r.id).join("");
const broken = { id: "d", category: "", query: "Nothing?", answers: { tpo: answer(1) } };

test("who won is said by the reward, and not said if one is missing", () => {
  assert.deepEqual(rows.map((r) => winner(r, view)), ["policy", "tpo", "tie"]);
  assert.equal(winner(rows[0], { pair: ["policy", "tpo"], by }), "policy");
  assert.equal(winner(broken, view), "");
  assert.equal(gap(broken, view), null);
});

test("a row is found by its words, wherever they stand, its category and its winner", () => {
  assert.equal(ids(matching(rows, { words: "WHY mine a?", ...view })), "a");
  assert.equal(ids(matching(rows, { words: " ", ...view })), "bac");
  assert.equal(ids(matching(rows, { category: "code", ...view })), "b");
  assert.equal(ids(matching(rows, { won: "tie", ...view })), "c");
  assert.equal(ids(matching(rows, { won: "tpo", words: "b?", ...view })), "");
});

test("rows are sorted by any column, either way, the unknown last", () => {
  const all = [broken, ...rows];
  assert.equal(ids(sorted(all, { column: null, ...view })), "dbac");
  assert.equal(ids(sorted(all, { column: "gap", down: true, ...view })), "acbd");
  assert.equal(ids(sorted(all, { column: "gap", down: false, ...view })), "bcad");
  assert.equal(ids(sorted(all, { column: "arm:policy", down: true, ...view })), "bcad");
  assert.equal(ids(sorted(all, { column: "query", down: false, ...view })), "dabc");
  assert.equal(ids(sorted(rows, { column: "category", down: true, ...view })), "bca");
  assert.equal(ids(all), "dbac");
});

test("another measure may decide", () => {
  const other = { answers: { tpo: { reward: 2, heldout: 0.1 }, policy: { reward: 1, heldout: 0.3 } } };
  assert.equal(winner(other, view), "tpo");
  assert.equal(winner(other, { pair, by: "heldout" }), "policy");
  assert.equal(winner(rows[0], { pair, by: "heldout" }), "");
});

test("categories are listed once, in order", () => {
  assert.deepEqual(categories(rows), ["advice", "code"]);
});
