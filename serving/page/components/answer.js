/** The answer; while the run is going on, the best so far. */
import { equalWidth } from "../advice.js";
import { asJson, asMarkdown, download } from "../export.js";
import { reward, stopSentence } from "../phrases.js";
import { html } from "../vendor/preact.js";
import { Comparison } from "./comparison.js";
import { Copy } from "./copy.js";
import { Markdown } from "./markdown.js";
import { Worth } from "./worth.js";

export function Answer({ session }) {
  const { view, settings, system, beforeFork } = session.state;
  const best = bestSoFar(view);
  if (!best) return null;
  const finished = Boolean(view.answer);
  const width = finished && !session.state.aside && equalWidth(view, session.state.schema);
  const about = { settings, system };
  return html`
    <section class=${`answer ${finished ? "is-final" : "is-unfinished"}`} aria-labelledby="answer-title">
      <header>
        <h2 id="answer-title">${finished ? "Answer" : "Best so far"}</h2>
        <p class="about">
          <span class="id">${best.candidate}</span> reward <b>${reward(best.reward)}</b>
        </p>
      </header>
      <${Worth} session=${session} />
      <${Markdown} text=${best.text} />
      ${finished && view.stop && html`<p class="why">${stopSentence(view.stop, view.setup)}</p>`}
      ${finished &&
      html`<${Comparison}
        title="Changes since the best first sample"
        from=${view.candidates[view.rounds[0]?.chosen]}
        to=${view.candidates[best.candidate]}
      />`}
      ${beforeFork &&
      finished &&
      !session.state.aside &&
      html`<details class="before">
        <summary>Before the fork: reward ${reward(beforeFork.reward)}</summary>
        <${Markdown} text=${beforeFork.text} />
      </details>`}
      ${finished &&
      html`<div class="tools">
        <${Copy} text=${best.text} />
        <button class="small" onClick=${() => download("tpo.json", "application/json", asJson(view, about))}>
          Download JSON
        </button>
        <button class="small" onClick=${() => download("tpo.md", "text/markdown", asMarkdown(view, about))}>
          Download Markdown
        </button>
        ${width && html`<button
          class="small"
          title="About as many texts, all of them first samples; on a thread of its own"
          onClick=${() => session.askAgain({ mode: "best_of_n", width }, `Best of ${width}`)}
        >
          Ask again as best of ${width}
        </button>`}
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
