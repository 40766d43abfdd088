/** What the rewrite changed: the answer it began with against the best of this round. */
import { wordDiff } from "../diff.js";
import { html, useMemo, useState } from "../vendor/preact.js";

export function Changes({ view, number }) {
  const from = view.candidates[view.rounds[number - 1]?.chosen];
  return html`<${Comparison} says="What changed" from=${from} to=${bestOf(view, number)} />`;
}

/** Two candidates against each other, word by word, once somebody wants to see it. */
export function Comparison({ says, from, to }) {
  const [open, setOpen] = useState(false);
  if (!from?.text || !to?.text || from.id === to.id) return null;
  return html`
    <details class="changes" onToggle=${(e) => setOpen(e.currentTarget.open)}>
      <summary>${says}: <span class="id">${from.id}</span> → <span class="id">${to.id}</span></summary>
      ${open && html`<${Diff} before=${from.text} after=${to.text} />`}
    </details>
  `;
}

function bestOf(view, number) {
  const scored = Object.values(view.candidates).filter((c) => c.round === number && c.reward != null);
  return scored.sort((a, b) => b.reward - a.reward)[0];
}

const TAGS = { same: "span", gone: "del", new: "ins" };

function Diff({ before, after }) {
  const pieces = useMemo(() => wordDiff(before, after), [before, after]);
  return html`<div class="prose diff">
    ${pieces.map(({ kind, text }) => html`<${TAGS[kind]}>${text}<//>`)}
  </div>`;
}
