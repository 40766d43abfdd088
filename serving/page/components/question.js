/** The question, with its system prompt and the earlier part of the conversation. */
import { html } from "../vendor/preact.js";

export function Question({ session }) {
  const { view, system, earlier } = session.state;
  return html`
    <header class="question">
      ${earlier.length > 0 &&
      html`<details>
        <summary>Earlier in this conversation</summary>
        ${earlier.map(({ author, text }) => html`<p class=${`earlier by-${author}`}><b>${author}</b> ${text}</p>`)}
      </details>`}
      ${system && html`<p class="system-prompt"><b>System</b> ${system}</p>`}
      <p class="eyebrow">Question</p>
      <h1 class=${view.query.length > 160 ? "long" : ""}>${view.query || "…"}</h1>
    </header>
  `;
}
