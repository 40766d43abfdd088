// The text of a model becomes elements: Markdown is shown, HTML stays text, nothing is fetched or run.
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

const page = process.env.TPO_PAGE ?? fileURLToPath(new URL("../../serving/page/", import.meta.url));
const { elements } = await import(`${page}/components/markdown.js`);

/** Write elements as text, with their own text in quotes. */
function written(node) {
  if (node == null || node === false) return "";
  if (Array.isArray(node)) return node.map(written).filter(Boolean).join(" ");
  if (typeof node !== "object") return JSON.stringify(node);
  const { children, ...props } = node.props;
  if (typeof node.type === "function") return `<${node.type.name}>`;
  const attributes = Object.entries(props).filter(([name, v]) => v && !["rel", "target", "tabindex", "style"].includes(name));
  const inside = written(children);
  return `<${[node.type, ...attributes.map(([k, v]) => `${k}=${v}`)].join(" ")}${inside ? ` ${inside}` : ""}>`;
}
const shown = (text) => written(elements(text));

for (const [text, expected] of [
  ["One.\n\nTwo\nlines.", '<p "One."> <p "Two" <br> "lines.">'],
  ["# Title\n\n### Part", '<h3 "Title"> <h5 "Part">'],
  ["**b** *i* ~~s~~ `a<b`", '<p <strong "b"> " " <em "i"> " " <s "s"> " " <code "a<b">>'],
  ["3. one\n4. two\n   - in", '<ol start=3 <li "one"> <li "two" <ul <li "in">>>>'],
  ["- [x] done\n- [ ] open", '<ul <li class=is-task "☑ " "done"> <li class=is-task "☐ " "open">>'],
  ["> said", '<blockquote <p "said">>'],
  ["```py\nif a<b: pass\n```", '<div class=code <pre <code "if a<b: pass">> <Copy>>'],
  ["|a|b|\n|-|-|\n|1|*2*|", '<div class=scrolled <table <thead <tr <th "a"> <th "b">>> <tbody <tr <td "1"> <td <em "2">>>>>>'],
  ["[x](https://a.b/c)", '<p <a href=https://a.b/c title=https://a.b/c "x">>'],
  ["[x](javascript:alert) [y](data:text/html,1) [z](/v1)", '<p "x" " " "y" " " "z">'],
  ["![a picture](https://a.b/c.png)", '<p <a href=https://a.b/c.png title=https://a.b/c.png "a picture">>'],
  ["<script>run()</script>", '"<script>run()</script>"'],
  ["a <b onclick=x>c</b> <!-- d -->", '<p "a " "<b onclick=x>" "c" "</b>" " " "<!-- d -->">'],
  ["\\(x_1 + y_1\\) 5 \\* 3", '<p <Formula> " 5 " "*" " 3">'],
  ["$a_1 * b_1 * c$ or *so*", '<p <Formula> " or " <em "so">>'],
  ["the $n$th and $k$ten", '<p "the " <Formula> "th and $k$ten">'],
  ["$5 and ten more, or 20$, $HOME/bin:$PATH", '<p "$5 and ten more, or 20$, $HOME/bin:$PATH">'],
  ["from $5 to $10, or US$3 a piece", '<p "from $5 to $10, or US$3 a piece">'],
  ["$$\na_1 = b_1\n$$\n\nSo.", '<Formula> <p "So.">'],
  ["", ""],
]) {
  test(`shows ${JSON.stringify(text)}`, () => assert.equal(shown(text), expected));
}

test("a link tells the other side nothing, and leaves the page alone", () => {
  const { props } = elements("[x](https://a.b)")[0].props.children[0];
  assert.equal(props.rel, "noopener noreferrer");
  assert.equal(props.target, "_blank");
});

test("half a text is shown too", () => {
  const text = "# A\n\n**b `c` [d](http://e.f) and\n\n```js\ng";
  for (let end = 0; end <= text.length; end++) shown(text.slice(0, end));
});

for (const piece of ["*", "[", "`", "> ", "- ", "<", "![", "_a", "|a", "\\(", "**a", "[a](", "&#", "1. "]) {
  test(`a model that repeats ${JSON.stringify(piece)} stops no page`, () => {
    assert.ok(shown(piece.repeat(3000)).length > 0);
  });
}
