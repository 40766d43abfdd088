/** The table of queries: filtered, sorted, each row opens. */
import { make, keyOf } from "./element.js";
import { figure, integer, signed } from "./figures.js";
import { categories, gap, matching, sorted, winner } from "./rows.js";
import { opened } from "./answers.js";

const FIRST = 100; // rows that are drawn before a reader asks for more
const MORE = 500;

/** Fills a section with the controls and the table, and keeps them up to date. */
export function showQueries(section, record) {
  const arms = record.arms.map((arm) => arm.name);
  const named = categories(record.rows).length > 0;
  const view = { named, by: "reward", pair: [...record.first_pair], words: "", category: null, won: null, column: null, down: true, marked: true, most: FIRST };
  const open = new Set();
  const status = make("p", { class: "hint", role: "status" });
  const place = make("div", { class: "scrolled queries" });
  const draw = () => {
    const rows = sorted(matching(record.rows, view), view);
    status.textContent = `${integer(rows.length)} of ${integer(record.rows.length)} queries`;
    const body = make("tbody", {}, rows.slice(0, view.most).map((row) => rowPair(row, { arms, view, open })));
    const focused = document.activeElement?.dataset?.column;
    place.replaceChildren(make("table", {}, head(arms, view, change), body), more(rows.length, view, change));
    if (focused) place.querySelector(`button[data-column="${CSS.escape(focused)}"]`)?.focus();
  };
  const change = (values) => (Object.assign(view, values), draw());
  section.append(controls(record, arms, view, change), status, place);
  draw();
}

function controls(record, arms, view, change) {
  const winners = [["", "anyone"], ...arms.map((name) => [name, name]), ["tie", "nobody: a tie"]];
  const kinds = categories(record.rows);
  const side = (index) => (value) => change({ pair: view.pair.with(index, value) });
  const named = arms.map((name) => [name, name]);
  const watched = record.rows.some((row) => Object.values(row.answers).some((a) => a.heldout != null));
  const measures = [["reward", "reward"], ["heldout", "held-out reward"]];
  return make(
    "form",
    { class: "controls", role: "search", "aria-label": "Queries", submit: (event) => event.preventDefault() },
    field("Search", make("input", { type: "search", placeholder: "words in queries and answers", input: (event) => change({ words: event.target.value }) })),
    kinds.length > 1 && field("Category", choice([["", "all"], ...kinds.map((name) => [name, name])], "", (value) => change({ category: value || null }))),
    arms.length > 1 && field("Won by", choice(winners, "", (value) => change({ won: value || null }))),
    arms.length > 1 && field("Compare", choice(named, view.pair[0], side(0))),
    arms.length > 1 && field("with", choice(named, view.pair[1], side(1))),
    watched && field("by", choice(measures, view.by, (by) => change({ by }))),
    arms.length > 1 && make("label", { class: "check" }, make("input", { type: "checkbox", checked: true, change: (event) => change({ marked: event.target.checked }) }), "Mark differences"),
  );
}

const field = (name, input) => make("label", {}, name, input);

const choice = (options, chosen, act) =>
  make(
    "select",
    { change: (event) => act(event.target.value) },
    options.map(([value, name]) => make("option", { value, selected: value === chosen }, name)),
  );

function head(arms, view, change) {
  const columns = [["query", "Query"], ...arms.map((name, place) => [`arm:${name}`, name, place])];
  if (view.named) columns.splice(1, 0, ["category", "Category"]);
  if (arms.length > 1) columns.push(["gap", "Difference"], ["winner", "Won by"]);
  const cell = ([column, name, place]) => {
    const current = view.column === column;
    const down = current ? !view.down : column.startsWith("arm:") || column === "gap";
    const order = current && (view.down ? "descending" : "ascending");
    const sign = current && make("span", { "aria-hidden": "true" }, view.down ? " ↓" : " ↑");
    const sort = make("button", { "data-column": column, click: () => change({ column, down }) }, place != null && keyOf(place), name, sign);
    return make("th", { scope: "col", class: classOf(column), "aria-sort": order }, sort);
  };
  return make("thead", {}, make("tr", {}, columns.map(cell)));
}

const classOf = (column) => (column.startsWith("arm:") ? "number of-arm" : column === "gap" ? "number" : column);

/** The line of a row, and below it, once it is opened, its answers. */
function rowPair(row, { arms, view, open }) {
  const width = 1 + view.named + arms.length + (arms.length > 1 ? 2 : 0);
  const below = make("tr", { class: "below", hidden: !open.has(row.id) }, make("td", { colspan: width }));
  const fill = () => below.firstChild.replaceChildren(...(below.hidden ? [] : [opened(row, { arms, ...view })]));
  const toggle = () => {
    below.hidden = open.has(row.id);
    open[below.hidden ? "delete" : "add"](row.id);
    button.setAttribute("aria-expanded", !below.hidden);
    fill();
  };
  const button = make("button", { class: "query-button", "aria-expanded": String(open.has(row.id)), click: toggle }, make("span", { class: "clipped" }, row.query));
  const difference = gap(row, view);
  const won = winner(row, view);
  const line = make(
    "tr",
    { class: "line" },
    make("th", { scope: "row" }, button),
    view.named && make("td", { class: "category" }, row.category),
    arms.map((name) => make("td", { class: "number of-arm" }, figure(row.answers[name]?.[view.by]))),
    arms.length > 1 && make("td", { class: "number" }, signed(figure(difference))),
    arms.length > 1 && make("td", { class: "winner" }, make("span", { class: "named" }, arms.includes(won) && keyOf(arms.indexOf(won)), won || "–")),
  );
  fill();
  return [line, below];
}

function more(found, view, change) {
  if (found <= view.most) return "";
  const act = () => {
    const { most } = view;
    change({ most: most + MORE });
    document.querySelectorAll(".query-button")[most].focus(); // the first that was not there
  };
  const all = found <= view.most + MORE;
  return make("button", { class: "small more", click: act }, all ? `Show all ${integer(found)}` : `Show ${MORE} more`);
}
