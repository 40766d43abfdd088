/** Two candidates compared, word by word. */
import { wordDiff } from "../word_diff.js";
import { html, useMemo, useState } from "../vendor/preact.js";

/** The answer that a round started from, compared with the best of the round. */
export function RoundComparison({ view, number }) {
  const from = view.candidates[view.rounds[number - 1]?.chosen];
  return html`<${Comparison} title="What changed" from=${from} to=${bestOf(view, number)} />`;
}

/** Closed at first; the difference is worked out once it is opened. */
export function Comparison({ title, from, to }) {
  const [open, setOpen] = useState(false);
  if (!from?.text || !to?.text || from.id === to.id) return null;
  return html`
    <details class="comparison" onToggle=${(e) => setOpen(e.currentTarget.open)}>
      <summary>${title}: <span class="id">${from.id}</span> → <span class="id">${to.id}</span></summary>
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
  return html`<div class="diff" dir="auto">
    ${pieces.map(({ kind, text }) => html`<${TAGS[kind]}>${text}<//>`)}
  </div>`;
}
