/** A text of a model. Its Markdown becomes elements; its HTML stays text. */
import { html, useMemo } from "../vendor/preact.js";
import { Marked } from "../vendor/marked.js";
import { Copy } from "./copy.js";
import { Formula } from "./formula.js";
import { formulas } from "./formulas.js";

const marked = new Marked({ gfm: true, breaks: true, extensions: formulas });

export function Markdown({ text, writing }) {
  const inside = useMemo(() => elements(text), [text]);
  return html`<div dir="auto" class=${`markdown ${writing ? "is-writing" : ""}`}>${inside}</div>`;
}

/** The elements of a text, whole or unfinished; pure. */
export function elements(text) {
  try {
    const tokens = marked.lexer(text);
    if (depth(tokens) < MAX_DEPTH) return render(tokens);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // out of stack: "> > > > ..."
  }
  return html`<p class="plain">${text}</p>`;
}

const MAX_DEPTH = 60; // of quotes in quotes and the like, which a model may repeat without end
const depth = (tokens) =>
  1 + Math.max(0, ...(tokens ?? []).map((t) => Math.max(depth(t.tokens ?? []), depth(t.items ?? []))));

const render = (tokens) => tokens?.map((token) => (ELEMENTS[token.type] ?? asText)(token));
const asText = (token) => (token.tokens ? render(token.tokens) : (token.text ?? token.raw));

const ELEMENTS = {
  space: () => null,
  paragraph: (t) => html`<p>${render(t.tokens)}</p>`,
  heading: (t) => html`<${`h${Math.min(6, t.depth + 2)}`}>${render(t.tokens)}<//>`, // below the page's own headings
  strong: (t) => html`<strong>${render(t.tokens)}</strong>`,
  em: (t) => html`<em>${render(t.tokens)}</em>`,
  del: (t) => html`<s>${render(t.tokens)}</s>`,
  br: () => html`<br />`,
  hr: () => html`<hr />`,
  codespan: (t) => html`<code>${t.text}</code>`,
  code: (t) => html`<div class="code"><pre tabindex="0"><code>${t.text}</code></pre><${Copy} text=${t.text} what="the code" /></div>`,
  formula: (t) => html`<${Formula} text=${t.text} />`,
  blockquote: (t) => html`<blockquote>${render(t.tokens)}</blockquote>`,
  checkbox: (t) => (t.checked ? "☑ " : "☐ "),
  list: (t) =>
    t.ordered
      ? html`<ol start=${t.start}>${t.items.map(item)}</ol>`
      : html`<ul>${t.items.map(item)}</ul>`,
  table,
  link,
  image: link, // to load a picture would be a request to wherever the model wants
  html: (t) => t.raw,
  escape: (t) => ("()[]".includes(t.text) ? t.raw : t.text), // these begin formulas more often than they escape Markdown
};

const item = (t) => html`<li class=${t.task ? "is-task" : ""}>${render(t.tokens)}</li>`;

function table(t) {
  const cell = (Tag) => (c) => html`<${Tag} style=${{ textAlign: c.align ?? "start" }}>${render(c.tokens)}<//>`;
  return html`<div class="scrolled" tabindex="0"><table>
    <thead><tr>${t.header.map(cell("th"))}</tr></thead>
    <tbody>${t.rows.map((row) => html`<tr>${row.map(cell("td"))}</tr>`)}</tbody>
  </table></div>`;
}

function link(t) {
  const label = t.tokens?.length ? render(t.tokens) : t.text || t.href;
  if (!/^(https?|mailto):/i.test(t.href)) return label;
  return html`<a href=${t.href} title=${t.href} target="_blank" rel="noopener noreferrer">${label}</a>`;
}
