/** One candidate as a card: its text, its length, its reward as a bar. */
import { characterCount, count, moveLabel, partsLine, ratingsLine, reward } from "../phrases.js";
import { barWidth } from "../scale.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Feedback } from "./feedback.js";
import { Markdown } from "./markdown.js";

const BADGES = { answer: "★ answer", chosen: "▲ chosen", rejected: "▼ rejected" };

/** `show.whole`: uncut; `show.source`: letter by letter, as the reward saw it. `read` opens the reading pane. */
export function Candidate({ candidate: c, role, scale, picking, show, read }) {
  const [own, setOwn] = useState(null); // what was chosen for this card alone
  useEffect(() => setOwn(null), [show.whole]);
  const open = own ?? show.whole;
  const box = useRef(null);
  const text = c.complete ? c.text : (c.live ?? "");
  const source = show.source || !c.complete || Boolean(c.error);
  const cut = useCut(box, text, source) && !open;
  const picked = picking && c.reward != null && ["chosen", "rejected"].find((r) => picking[r] === c.id);
  const label = picking ? picked : role;
  const state = c.error ? "is-broken" : c.complete ? "" : text ? "is-writing" : "is-waiting";
  return html`
    <li class=${`card ${label ? `is-${label}` : ""} ${state}`}>
      <header>
        <span class="id">${c.id}</span>
        ${c.move && c.round > 0 && html`<span class="badge">${moveLabel(c.move)}</span>`}
        ${c.policy && html`<span class="badge">${c.policy}</span>`}
        ${label && html`<span class=${`badge for-${label}`}>${BADGES[label]}</span>`}
        ${!label && !c.complete && html`<span class="badge">${text ? "writing" : "waiting"}</span>`}
        ${c.reward != null && html`<span class="score"><span class="visually-hidden">reward </span>${reward(c.reward)}</span>`}
      </header>
      <${Bar} candidate=${c} scale=${scale} />
      <div
        ref=${box}
        dir="auto"
        class=${`text ${source ? "is-source" : ""} ${open ? "is-open" : cut ? "is-cut" : ""}`}
        onFocusCapture=${() => cut && setOwn(true)}
      >
        ${source ? text : html`<${Markdown} text=${text} />`}
      </div>
      ${c.error && html`<p class="error-text">${c.error}</p>`}
      ${c.reasoning &&
      html`<details class="reasoning"><summary>Reasoning</summary><div dir="auto">${c.reasoning}</div></details>`}
      <footer>
        ${(cut || open) &&
        html`<button class="more" aria-expanded=${open} onClick=${() => setOwn(!open)}>
          ${open ? "Less" : "Read all"}<span class="visually-hidden"> of ${c.id}</span>
        </button>`}
        ${c.complete && text && html`<button class="more" onClick=${() => read(c.id)}>Open<span class="visually-hidden"> ${c.id}, to read and compare</span></button>`}
        <span class="length">${text.length > 0 && count(characterCount(text), "character")}</span>
      </footer>
      ${c.parts && html`<p class="score-parts">${partsLine(c.parts)}</p>`}
      ${c.ratings?.length > 0 && html`<p class="score-parts">${ratingsLine(c.ratings)}</p>`}
      <${Feedback} candidate=${c} />
      ${picking && c.reward != null && html`<${Choose} id=${c.id} picking=${picking} />`}
    </li>
  `;
}

/** Whether the box cuts its text; measured again when either changes. */
function useCut(box, text, source) {
  const [cut, setCut] = useState(false);
  const measure = () => setCut(box.current.scrollHeight > box.current.clientHeight + 1);
  useLayoutEffect(measure, [text, source]);
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(measure);
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  return cut;
}

const Bar = ({ candidate: c, scale }) =>
  html`<div class="bar" aria-hidden="true"><div style=${{ width: `${barWidth(c.reward, scale)}%` }}></div></div>`;

const Choose = ({ id, picking }) => html`
  <div class="choose" role="group" aria-label=${`Choose ${id} as`}>
    ${["chosen", "rejected"].map(
      (role) => html`<button class=${role} aria-pressed=${picking[role] === id} onClick=${() => picking.choose(role, id)}>
        ${role === "chosen" ? "▲ best" : "▼ worst"}
      </button>`,
    )}
  </div>
`;
