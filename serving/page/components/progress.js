/** How far the run is: the five steps, the one at work, and what it is doing. */
import { progressSentence, seconds } from "../phrases.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const STEPS = ["sample", "rank", "loss", "gradient", "update"];

export function Progress({ session }) {
  const { status, view, run } = session.state;
  if (status !== "running") return null;
  const current = view.current?.phase;
  const depth = view.setup?.mode === "best_of_n" ? 0 : (view.setup?.depth ?? 0);
  const round = view.current?.round ?? 0;
  return html`
    <section class="progress" aria-label="Progress">
      <ol>
        ${STEPS.map(
          (step) => html`<li class=${step === current ? "is-now" : ""} aria-current=${step === current ? "step" : undefined}>
            ${step}
          </li>`,
        )}
      </ol>
      <p class="step-text">
        <span aria-live="polite">${progressSentence(view)}</span>
        <span class="position">Round ${round} of ${depth}, <${Clock} elapsed=${view.elapsed} /></span>
      </p>
      <button class="small" disabled=${!run} onClick=${session.cancel}>Cancel</button>
    </section>
  `;
}

/** Seconds so far: counted on from the last event. */
function Clock({ elapsed }) {
  const last = useRef({ elapsed: -1, at: 0 });
  if (last.current.elapsed !== elapsed) last.current = { elapsed, at: performance.now() };
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return html`<span>${seconds(elapsed + (performance.now() - last.current.at) / 1000)}</span>`;
}
