/** The answer; while the run goes on, the best so far. */
import { asJson, asMarkdown, download } from "../export.js";
import { reward, why } from "../words.js";
import { html, useState } from "../vendor/preact.js";
import { Comparison } from "./changes.js";
import { Prose } from "./prose.js";

export function Answer({ session }) {
  const { view, settings, system, before } = session.state;
  const best = bestSoFar(view);
  if (!best) return null;
  const over = Boolean(view.answer);
  const about = { settings, system };
  const start = view.candidates[view.rounds[0]?.chosen]?.reward;
  const gain = over && start != null && best.reward != null ? best.reward - start : 0;
  return html`
    <section class=${`outcome ${over ? "is-final" : "is-draft"}`} aria-labelledby="answer-title">
      <header>
        <h2 id="answer-title">${over ? "Answer" : "Best so far"}</h2>
        <p class="about">
          <span class="id">${best.candidate}</span> reward <b>${reward(best.reward)}</b>
          ${gain > 0.005 && html`<span class="gain">+${reward(gain)} over the best first sample</span>`}
        </p>
      </header>
      <${Prose} text=${best.text} />
      ${over && html`<p class="why">${why(view.stop, view.setup)}</p>`}
      ${over &&
      html`<${Comparison}
        says="Since the best first sample"
        from=${view.candidates[view.rounds[0]?.chosen]}
        to=${view.candidates[best.candidate]}
      />`}
      ${before &&
      over &&
      html`<details class="before">
        <summary>Before the fork: reward ${reward(before.reward)}</summary>
        <${Prose} text=${before.text} />
      </details>`}
      ${over &&
      html`<div class="tools">
        <${Copy} text=${best.text} />
        <button class="small" onClick=${() => download("tpo.json", "application/json", asJson(view, about))}>
          Download JSON
        </button>
        <button class="small" onClick=${() => download("tpo.md", "text/markdown", asMarkdown(view, about))}>
          Download Markdown
        </button>
      </div>`}
    </section>
  `;
}

function bestSoFar(view) {
  if (view.answer) return view.answer;
  const last = Object.values(view.rounds).filter((r) => r.chosen).at(-1);
  const chosen = last && view.candidates[last.chosen];
  return chosen?.text ? { candidate: chosen.id, text: chosen.text, reward: chosen.reward } : null;
}

function Copy({ text }) {
  const [said, setSaid] = useState("Copy");
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid("The browser refused"); // not a secure context
    }
    setTimeout(() => setSaid("Copy"), 2000);
  }
  return html`<button class="small" onClick=${copy}><span aria-live="polite">${said}</span></button>`;
}
