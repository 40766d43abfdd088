/** A model's words. Their Markdown becomes elements, never HTML: tags in them stay text. */
import { html, useMemo } from "../vendor/preact.js";
import { lexer } from "../vendor/marked.js";

export function Prose({ text, writing }) {
  const inside = useMemo(() => elements(text), [text]);
  return html`<div class=${`prose ${writing ? "is-writing" : ""}`}>${inside}</div>`;
}

/** Pure: the elements of a text, whole or as far as it has come. */
export function elements(text) {
  try {
    const tokens = lexer(text, { gfm: true, breaks: true });
    if (depth(tokens) < DEEPEST) return shown(tokens);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // out of stack: "> > > > ..."
  }
  return html`<p class="as-it-is">${text}</p>`;
}

const DEEPEST = 60; // quotes in quotes, and what else a model may run away with
const depth = (tokens) =>
  1 + Math.max(0, ...(tokens ?? []).map((t) => Math.max(depth(t.tokens ?? []), depth(t.items ?? []))));

const shown = (tokens) => tokens?.map((token) => (SHOWN[token.type] ?? asText)(token));
const asText = (token) => (token.tokens ? shown(token.tokens) : (token.text ?? token.raw));

const SHOWN = {
  space: () => null,
  paragraph: (t) => html`<p>${shown(t.tokens)}</p>`,
  heading: (t) => html`<${`h${Math.min(6, t.depth + 2)}`}>${shown(t.tokens)}<//>`, // under the page's own
  strong: (t) => html`<strong>${shown(t.tokens)}</strong>`,
  em: (t) => html`<em>${shown(t.tokens)}</em>`,
  del: (t) => html`<s>${shown(t.tokens)}</s>`,
  br: () => html`<br />`,
  hr: () => html`<hr />`,
  codespan: (t) => html`<code>${t.text}</code>`,
  code: (t) => html`<pre tabindex="0"><code>${t.text}</code></pre>`,
  blockquote: (t) => html`<blockquote>${shown(t.tokens)}</blockquote>`,
  checkbox: (t) => (t.checked ? "☑ " : "☐ "),
  list: (t) =>
    t.ordered
      ? html`<ol start=${t.start}>${t.items.map(item)}</ol>`
      : html`<ul>${t.items.map(item)}</ul>`,
  table,
  link,
  image: link, // a picture would be a request to wherever a model says
  html: (t) => t.raw,
  escape: (t) => ("()[]".includes(t.text) ? t.raw : t.text), // of formulas more often than of Markdown
};

const item = (t) => html`<li class=${t.task ? "is-task" : ""}>${shown(t.tokens)}</li>`;

function table(t) {
  const cell = (Tag) => (c) => html`<${Tag} style=${{ textAlign: c.align ?? "start" }}>${shown(c.tokens)}<//>`;
  return html`<div class="scrolled" tabindex="0"><table>
    <thead><tr>${t.header.map(cell("th"))}</tr></thead>
    <tbody>${t.rows.map((row) => html`<tr>${row.map(cell("td"))}</tr>`)}</tbody>
  </table></div>`;
}

function link(t) {
  const says = t.tokens?.length ? shown(t.tokens) : t.text || t.href;
  if (!/^(https?|mailto):/i.test(t.href)) return says;
  return html`<a href=${t.href} title=${t.href} target="_blank" rel="noopener noreferrer">${says}</a>`;
}
