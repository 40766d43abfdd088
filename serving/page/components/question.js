/** The question, with its system prompt and the earlier part of the conversation. */
import { count } from "../phrases.js";
import { html } from "../vendor/preact.js";
import { writtenCriteria } from "../view_from_events.js";

export function Question({ session }) {
  const { view, system, earlier, aside, status } = session.state;
  const written = writtenCriteria(view);
  return html`
    <header class="question">
      ${earlier.length > 0 &&
      !aside &&
      html`<details>
        <summary>Earlier in this conversation</summary>
        ${earlier.map(
          ({ author, text }, at) => html`<p dir="auto" class=${`earlier by-${author}`}>
            <b>${author}</b> ${text}${" "}
            ${author === "answer" &&
            status !== "running" &&
            html`<button class="more" onClick=${() => session.lookAtAnswer(at)}>Show its rounds</button>`}
          </p>`,
        )}
      </details>`}
      ${system && html`<p dir="auto" class="system-prompt"><b>System</b> ${system}</p>`}
      <p class="eyebrow">Question</p>
      <h1 dir="auto" class=${view.query.length > 160 ? "long" : ""}>${view.query || "…"}</h1>
      ${written.length > 0 &&
      html`<details class="criteria">
        <summary>${count(written.length, "check")} written for this question</summary>
        <ul>${written.map(({ name, ask, weight }) => html`<li><b>${name}</b> ${ask} <span>weight ${+weight.toPrecision(2)}</span></li>`)}</ul>
      </details>`}
    </header>
  `;
}
