// The report's pure functions: who won, what is shown, in which order, and figures in words.
import assert from "node:assert/strict";
import test from "node:test";

const { gap, winner, matching, sorted, categories } = await import(`${process.env.TPO_REPORT}/rows.js`);

const pair = ["tpo", "policy"];
const answer = (reward, text = "an answer") => ({ reward, text });
const row = (id, category, mine, other) => ({ id, category, query: `Why ${id}?`, answers: { tpo: answer(mine, `mine ${id}`), policy: answer(other) } });
const rows = [row("b", "code", 1, 2), row("a", "", 3, 1), row("c", "advice", 2, 2)];
const ids = (found) => found.map((r) => r.id).join("");
const broken = { id: "d", category: "", query: "Nothing?", answers: { tpo: answer(1) } };

test("who won is said by the reward, and not said if one is missing", () => {
  assert.deepEqual(rows.map((r) => winner(r, pair)), ["policy", "tpo", "tie"]);
  assert.equal(winner(rows[0], ["policy", "tpo"]), "policy");
  assert.equal(winner(broken, pair), "");
  assert.equal(gap(broken, pair), null);
});

test("a row is found by its words, wherever they stand, its category and its winner", () => {
  assert.equal(ids(matching(rows, { words: "WHY mine a?", pair })), "a");
  assert.equal(ids(matching(rows, { words: " ", pair })), "bac");
  assert.equal(ids(matching(rows, { category: "code", pair })), "b");
  assert.equal(ids(matching(rows, { won: "tie", pair })), "c");
  assert.equal(ids(matching(rows, { won: "tpo", words: "b?", pair })), "");
});

test("rows are sorted by any column, either way, the unknown last", () => {
  const all = [broken, ...rows];
  assert.equal(ids(sorted(all, { column: null }, pair)), "dbac");
  assert.equal(ids(sorted(all, { column: "gap", down: true }, pair)), "acbd");
  assert.equal(ids(sorted(all, { column: "gap", down: false }, pair)), "bcad");
  assert.equal(ids(sorted(all, { column: "arm:policy", down: true }, pair)), "bcad");
  assert.equal(ids(sorted(all, { column: "query", down: false }, pair)), "dabc");
  assert.equal(ids(sorted(rows, { column: "category", down: true }, pair)), "bca");
  assert.equal(ids(all), "dbac");
});

test("categories are listed once, in order", () => {
  assert.deepEqual(categories(rows), ["advice", "code"]);
});
