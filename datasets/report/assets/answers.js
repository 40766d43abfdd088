/** An opened row: its query, and what each arm answered. */
import { wordDiff } from "./word_diff.js";
import { make, keyOf } from "./element.js";
import { usd, figure, integer } from "./figures.js";

/** Two answers side by side, what only one of them says marked; those of other arms below. */
export function opened(row, { arms, pair, marked }) {
  const [left, right] = pair.map((name) => row.answers[name]);
  const pieces = marked && left && right && left !== right ? wordDiff(right.text, left.text) : null;
  const others = arms.filter((name) => !pair.includes(name));
  const card = (name, words) => answerCard(name, arms.indexOf(name), row.answers[name], words);
  const side = (name, kind) => card(name, pieces && markedText(pieces, kind));
  const [one, two] = pair;
  return make(
    "div",
    { class: "opened" },
    make("p", { class: "whole-query", dir: "auto" }, row.query),
    make("p", { class: "hint id" }, row.id),
    make("div", { class: "side-by-side" }, side(one, "new"), one !== two && side(two, "gone")),
    others.length > 0 &&
      make(
        "details",
        {},
        make("summary", {}, `Other arms: ${others.join(", ")}`),
        make("div", { class: "side-by-side" }, others.map((name) => card(name, null))),
      ),
  );
}

const TAGS = { new: "ins", gone: "del" };

/** The pieces of one of two texts; `kind` says which are its own. */
function markedText(pieces, kind) {
  return pieces
    .filter((piece) => piece.kind === "same" || piece.kind === kind)
    .map((piece) => (piece.kind === "same" ? piece.text : make(TAGS[kind], {}, piece.text)));
}

function answerCard(name, place, answer, words) {
  return make(
    "article",
    { class: "answer" },
    make("h3", {}, keyOf(place), make("bdi", {}, name)),
    answer ? make("p", { class: "about" }, aboutAnswer(answer)) : make("p", { class: "hint" }, "No answer."),
    answer && make("div", { class: "text", dir: "auto" }, words ?? answer.text),
    answer && checkList(answer.checks ?? []),
    answer?.feedback && note("What the reward says", [answer.feedback]),
    answer?.critiques?.length > 0 && note("Critiques that led here: loss and gradient of each round", answer.critiques),
  );
}

function aboutAnswer({ reward, heldout, passed, tokens, cost_usd: cost, round, text }) {
  const verdict = { true: "✓ verified", false: "✗ not verified" }[passed];
  const parts = [
    ["reward ", make("b", {}, figure(reward))],
    heldout != null && ["held-out ", make("b", {}, figure(heldout))],
    verdict && [verdict],
    [`from round ${round}`],
    [`${integer([...text].length)} characters`],
    [`${integer(tokens)} tokens`],
    [usd(cost)],
  ];
  return parts.filter(Boolean).map((part) => make("span", {}, part));
}

/** What failed first. */
function checkList(checks) {
  if (!checks.length) return null;
  const order = ({ passed }) => (passed == null ? 1 : passed ? 2 : 0);
  const items = [...checks].sort((a, b) => order(a) - order(b));
  return make("ul", { class: "checks" }, items.map(checkItem));
}

function checkItem({ criterion, passed, score, why }) {
  const [sign, said] = passed == null ? ["·", "checked"] : passed ? ["✓", "passed"] : ["✗", "failed"];
  return make(
    "li",
    { class: passed === false && "is-failed" },
    make("span", { "aria-hidden": "true" }, score != null && passed == null ? figure(score) : sign),
    make("span", {}, make("span", { class: "visually-hidden" }, `${said}: `), criterion, why && make("em", {}, why)),
  );
}

const note = (title, texts) =>
  make("details", { class: "note" }, make("summary", {}, title), texts.map((text) => make("p", { dir: "auto" }, text)));
