/** One candidate: its text as it grows, its length, its reward on the scale of the whole pool. */
import { count, length, reward } from "../words.js";
import { html, useState } from "../vendor/preact.js";

const BADGES = { answer: "★ answer", chosen: "▲ chosen", rejected: "▼ rejected" };
const LONG = 280; // characters; shorter texts need no button

export function Candidate({ candidate: c, role, scale, choosing }) {
  const [open, setOpen] = useState(false);
  const text = c.whole ? c.text : (c.live ?? "");
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
      <div class=${`text ${open ? "is-open" : ""}`}>${text}</div>
      ${c.error && html`<p class="wrong">${c.error}</p>`}
      ${c.reasoning &&
      html`<details class="reasoning"><summary>What it thought first</summary><div>${c.reasoning}</div></details>`}
      <footer>
        ${text.length > LONG &&
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
