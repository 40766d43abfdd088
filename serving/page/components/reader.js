/** The reading pane: one candidate at full width, or any two side by side with what differs marked. */
import { characterCount, count, moveLabel, partsLine, ratingsLine, reward } from "../phrases.js";
import { html, useEffect, useMemo, useRef } from "../vendor/preact.js";
import { wordDiff } from "../word_diff.js";
import { Copy } from "./copy.js";
import { Feedback } from "./feedback.js";
import { Markdown } from "./markdown.js";

/** `reading` is `{id, against}`, or null while the pane is closed; `read` changes it. */
export function Reader({ view, reading, read }) {
  const dialog = useRef(null);
  const all = Object.values(view.candidates).filter((c) => c.text);
  const c = all.find(({ id }) => id === reading?.id);
  const other = all.find(({ id }) => id === reading?.against);
  const isOpen = Boolean(c);
  useEffect(() => {
    if (isOpen) dialog.current.showModal();
  }, [isOpen]);
  if (!c) return null;
  const step = (by) => {
    const next = all[(all.indexOf(c) + by + all.length) % all.length];
    read({ id: next.id, against: next.id === reading.against ? null : reading.against });
  };
  const onKeyDown = (e) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (by && e.target.tagName !== "SELECT" && e.target.tagName !== "PRE") step(by);
  };
  return html`
    <dialog class="reader" ref=${dialog} aria-labelledby="reader-title" onClose=${() => read(null)} onKeyDown=${onKeyDown}>
      <header>
        <h2 id="reader-title"><span class="id">${c.id}</span> <${Place} candidate=${c} view=${view} /></h2>
        <div class="tools">
          <label for="against">Compare with</label>
          <select id="against" value=${other?.id ?? ""} onChange=${(e) => read({ id: c.id, against: e.target.value || null })}>
            <option value="">nothing</option>
            ${all.filter((o) => o !== c).map((o) => html`<option value=${o.id} selected=${o === other}>${o.id} (${reward(o.reward)})</option>`)}
          </select>
          <button class="small" aria-keyshortcuts="ArrowLeft" onClick=${() => step(-1)}>← Previous</button>
          <button class="small" aria-keyshortcuts="ArrowRight" onClick=${() => step(1)}>Next →</button>
          <button class="small" onClick=${() => dialog.current.close()}>Close</button>
        </div>
      </header>
      <div class="reader-body" tabindex="0" autofocus>
        ${other ? html`<${SideBySide} before=${other} after=${c} />` : html`<${Alone} candidate=${c} />`}
      </div>
    </dialog>
  `;
}

function Place({ candidate: c, view }) {
  const round = view.rounds[c.round];
  const roles = [
    view.answer?.candidate === c.id && "answer",
    round?.chosen === c.id && "chosen",
    round?.rejected === c.id && "rejected",
    c.move && c.round > 0 && moveLabel(c.move),
  ];
  return html`<span class="hint">${[c.round === 0 ? "first sample" : `round ${c.round}`, ...roles.filter(Boolean)].join(", ")}</span>`;
}

const Figures = ({ candidate: c }) => html`<p class="hint">
  ${c.error ? html`<span class="error-text">${c.error}</span>` : html`Reward <b>${reward(c.reward)}</b>`}, ${count(characterCount(c.text), "character")}${c.policy && `, ${c.policy}`}
  ${c.parts && html`<br />${partsLine(c.parts)}`}
  ${c.ratings?.length > 0 && html`<br />${ratingsLine(c.ratings)}`}
</p>`;

const Alone = ({ candidate: c }) => html`
  <div class="column">
    <${Figures} candidate=${c} />
    <${Markdown} text=${c.text} />
    <div class="tools"><${Copy} text=${c.text} what=${c.id} /></div>
    <${Feedback} candidate=${c} open />
  </div>
`;

function SideBySide({ before, after }) {
  const pieces = useMemo(() => wordDiff(before.text, after.text), [before.text, after.text]);
  const code = /^```/m.test(before.text + after.text);
  const better = (c, o) => (c.reward ?? -Infinity) >= (o.reward ?? -Infinity) ? "better" : "worse";
  const side = (c, other, kind) => html`<section class="column" aria-label=${c.id}>
    <h3 class="id">${c.id}</h3>
    <${Figures} candidate=${c} />
    <div class=${`diff ${code ? "is-code" : ""}`} dir="auto">
      ${pieces.filter((p) => p.kind === "same" || p.kind === kind).map((p) => (p.kind === "same" ? p.text : html`<mark class=${better(c, other)}>${p.text}</mark>`))}
    </div>
    <${Feedback} candidate=${c} open />
  </section>`;
  return html`<p class="hint marked">
      Marked: words that only one of the two has, ${" "}<mark class="worse">like this</mark> where the reward is lower.
    </p>
    <div class="side-by-side">${side(before, after, "gone")}${side(after, before, "new")}</div>`;
}
