/** What the reward says of an answer: the checks, what failed first, and its words. */
import { count, reward } from "../phrases.js";
import { html } from "../vendor/preact.js";

export function Feedback({ candidate: c, open = false }) {
  if (!c.feedback && !c.checks?.length) return null;
  const checks = [...(c.checks ?? [])].sort((a, b) => (a.passed ?? 0.5) - (b.passed ?? 0.5));
  const known = checks.filter((check) => check.passed != null);
  const passed = known.filter((check) => check.passed).length;
  const title = known.length ? `${passed} of ${count(known.length, "check")} passed` : "Feedback";
  return html`<details class="feedback" open=${open}>
    <summary>${title}</summary>
    ${checks.length > 0 && html`<ul>${checks.map((check) => html`<${Check} check=${check} />`)}</ul>`}
    ${c.feedback && html`<div dir="auto">${c.feedback}</div>`}
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
