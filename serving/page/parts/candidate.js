/** One candidate: its text as it grows, its length, its reward on the scale of the whole pool. */
import { count, length, reward } from "../words.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";

const BADGES = { answer: "★ answer", chosen: "▲ chosen", rejected: "▼ rejected" };

export function Candidate({ candidate: c, role, scale, choosing }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  const text = c.whole ? c.text : (c.live ?? "");
  const cut = useCut(box, text) && !open;
  const mine = choosing && c.reward != null && ["chosen", "rejected"].find((r) => choosing[r] === c.id);
  const shown = choosing ? mine : role;
  const state = c.error ? "is-broken" : c.whole ? "" : text ? "is-writing" : "is-waiting";
  return html`
    <li class=${`card ${shown ? `is-${shown}` : ""} ${state}`}>
      <header>
        <span class="id">${c.id}</span>
        ${shown && html`<span class=${`badge for-${shown}`}>${BADGES[shown]}</span>`}
        ${!shown && !c.whole && html`<span class="badge">${text ? "writing" : "waiting"}</span>`}
        ${c.reward != null && html`<span class="score"><span class="unseen">reward </span>${reward(c.reward)}</span>`}
      </header>
      <${Bar} candidate=${c} scale=${scale} />
      <div ref=${box} class=${`text ${open ? "is-open" : cut ? "is-cut" : ""}`}>${text}</div>
      ${c.error && html`<p class="wrong">${c.error}</p>`}
      ${c.reasoning &&
      html`<details class="reasoning"><summary>What it thought first</summary><div>${c.reasoning}</div></details>`}
      <footer>
        ${(cut || open) &&
        html`<button class="more" aria-expanded=${open} onClick=${() => setOpen(!open)}>
          ${open ? "Less" : "Read all"}<span class="unseen"> of ${c.id}</span>
        </button>`}
        <span class="length">${text.length > 0 && count(length(text), "character")}</span>
      </footer>
      ${c.parts && html`<p class="parts">${Object.entries(c.parts).map(([k, v]) => `${k} ${reward(v)}`).join(" · ")}</p>`}
      ${choosing && c.reward != null && html`<${Choose} id=${c.id} mine=${mine} choose=${choosing.choose} />`}
    </li>
  `;
}

/** Whether the box shows less than its text; it is asked again when either changes. */
function useCut(box, text) {
  const [cut, setCut] = useState(false);
  const measure = () => setCut(box.current.scrollHeight > box.current.clientHeight + 1);
  useLayoutEffect(measure, [text]);
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(measure);
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  return cut;
}

function Bar({ candidate: c, scale }) {
  const span = scale ? scale.high - scale.low : 0;
  const share = span > 0 ? (c.reward - scale.low) / span : 1;
  const width = c.reward == null || !scale ? 0 : 4 + 96 * share;
  return html`<div class="bar" aria-hidden="true"><div style=${{ width: `${width}%` }}></div></div>`;
}

const Choose = ({ id, mine, choose }) => html`
  <div class="choose" role="group" aria-label=${`Choose ${id} as`}>
    ${["chosen", "rejected"].map(
      (role) => html`<button class=${role} aria-pressed=${mine === role} onClick=${() => choose(role, id)}>
        ${role === "chosen" ? "▲ best" : "▼ worst"}
      </button>`,
    )}
  </div>
`;
