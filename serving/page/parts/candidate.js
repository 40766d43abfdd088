/** One candidate: its text as it grows, its length, its reward on the scale of the whole pool. */
import { reward, whole } from "../words.js";
import { html, useState } from "../vendor/preact.js";

const BADGES = { answer: "★ the answer", chosen: "▲ chosen", rejected: "▼ rejected" };
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
        ${shown && html`<span class=${`badge ${shown}`}>${BADGES[shown]}</span>`}
        ${!shown && !c.whole && html`<span class="badge">${text ? "writing" : "waiting"}</span>`}
        <span class="length">${text.length > 0 && `${whole(text.length)} chars`}</span>
      </header>
      <div class=${`text ${open ? "is-open" : ""}`}>${text}</div>
      ${c.error && html`<p class="wrong">${c.error}</p>`}
      ${c.reasoning &&
      html`<details class="reasoning"><summary>What it thought first</summary><div>${c.reasoning}</div></details>`}
      ${text.length > LONG &&
      html`<button class="more" aria-expanded=${open} onClick=${() => setOpen(!open)}>
        ${open ? "Less" : "Read all"}<span class="unseen"> of ${c.id}</span>
      </button>`}
      <${Bar} candidate=${c} scale=${scale} />
      ${c.parts && html`<p class="parts">${Object.entries(c.parts).map(([k, v]) => `${k} ${reward(v)}`).join(" · ")}</p>`}
      ${choosing && c.reward != null && html`<${Choose} id=${c.id} mine=${mine} choose=${choosing.choose} />`}
    </li>
  `;
}

function Bar({ candidate: c, scale }) {
  if (c.reward == null || !scale) return html`<div class="bar is-empty" aria-hidden="true"></div>`;
  const span = scale.high - scale.low;
  const share = span > 0 ? (c.reward - scale.low) / span : 1;
  return html`<div class="bar">
    <div class="track" aria-hidden="true"><div class="fill" style=${{ width: `${4 + 96 * share}%` }}></div></div>
    <span class="unseen">reward</span><b>${reward(c.reward)}</b>
  </div>`;
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
