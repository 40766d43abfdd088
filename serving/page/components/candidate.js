/** One candidate as a card: its text as it is written, its length, its reward as a bar. */
import { characterCount, count, moveLabel, reward } from "../phrases.js";
import { barWidth } from "../scale.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";

const BADGES = { answer: "★ answer", chosen: "▲ chosen", rejected: "▼ rejected" };

export function Candidate({ candidate: c, role, scale, picking }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  const text = c.complete ? c.text : (c.live ?? "");
  const cut = useCut(box, text) && !open;
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
      <div ref=${box} dir="auto" class=${`text ${open ? "is-open" : cut ? "is-cut" : ""}`}>${text}</div>
      ${c.error && html`<p class="error-text">${c.error}</p>`}
      ${c.reasoning &&
      html`<details class="reasoning"><summary>Reasoning</summary><div dir="auto">${c.reasoning}</div></details>`}
      <footer>
        ${(cut || open) &&
        html`<button class="more" aria-expanded=${open} onClick=${() => setOpen(!open)}>
          ${open ? "Less" : "Read all"}<span class="visually-hidden"> of ${c.id}</span>
        </button>`}
        <span class="length">${text.length > 0 && count(characterCount(text), "character")}</span>
      </footer>
      ${c.parts && html`<p class="score-parts">${Object.entries(c.parts).map(([k, v]) => `${k} ${reward(v)}`).join(" · ")}</p>`}
      ${(c.feedback || c.checks?.length > 0) && html`<${Feedback} candidate=${c} />`}
      ${picking && c.reward != null && html`<${Choose} id=${c.id} picking=${picking} />`}
    </li>
  `;
}

/** Whether the box cuts its text; measured again when either changes. */
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

const Bar = ({ candidate: c, scale }) =>
  html`<div class="bar" aria-hidden="true"><div style=${{ width: `${barWidth(c.reward, scale)}%` }}></div></div>`;

/** What the reward says of the answer: the checks, what failed first, and its words. */
function Feedback({ candidate: c }) {
  const checks = [...(c.checks ?? [])].sort((a, b) => (a.passed ?? 0.5) - (b.passed ?? 0.5));
  const known = checks.filter((check) => check.passed != null);
  const passed = known.filter((check) => check.passed).length;
  const title = known.length ? `${passed} of ${count(known.length, "check")} passed` : "Feedback";
  return html`<details class="feedback">
    <summary>${title}</summary>
    ${checks.length > 0 && html`<ul>${checks.map((check) => html`<${Check} check=${check} />`)}</ul>`}
    ${c.feedback && html`<div>${c.feedback}</div>`}
  </details>`;
}

function Check({ check }) {
  const mark = check.passed == null ? reward(check.score) : check.passed ? "✓" : "✗";
  const said = check.passed == null ? "score " : check.passed ? "passed: " : "failed: ";
  return html`<li class=${check.passed === false ? "is-failed" : ""}>
    <span aria-hidden="true">${mark}</span><span class="visually-hidden">${said}</span>
    <span>${check.criterion}${check.why && html`<em>${check.why}</em>`}</span>
  </li>`;
}

const Choose = ({ id, picking }) => html`
  <div class="choose" role="group" aria-label=${`Choose ${id} as`}>
    ${["chosen", "rejected"].map(
      (role) => html`<button class=${role} aria-pressed=${picking[role] === id} onClick=${() => picking.choose(role, id)}>
        ${role === "chosen" ? "▲ best" : "▼ worst"}
      </button>`,
    )}
  </div>
`;
