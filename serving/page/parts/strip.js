/** Where the loop is: the five steps, the one under way, what is happening in words. */
import { now, seconds } from "../words.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const STEPS = ["sample", "rank", "loss", "gradient", "update"];

export function Strip({ session }) {
  const { status, view, run } = session.state;
  if (status !== "running") return null;
  const at = view.doing?.phase;
  const depth = view.setup?.mode === "best_of_n" ? 0 : (view.setup?.depth ?? 0);
  const round = view.doing?.round ?? 0;
  return html`
    <section class="strip" aria-label="Progress">
      <ol>
        ${STEPS.map(
          (step) => html`<li class=${step === at ? "is-now" : ""} aria-current=${step === at ? "step" : undefined}>
            ${step}
          </li>`,
        )}
      </ol>
      <p class="says">
        <span aria-live="polite">${now(view)}</span>
        <span class="where">Round ${round} of ${depth}, <${Clock} elapsed=${view.elapsed} /></span>
      </p>
      <button class="small" disabled=${!run} onClick=${session.cancel}>Cancel</button>
    </section>
  `;
}

/** Seconds so far: as the last event told them, and on from there while none comes. */
function Clock({ elapsed }) {
  const told = useRef({ elapsed: -1, at: 0 });
  if (told.current.elapsed !== elapsed) told.current = { elapsed, at: performance.now() };
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return html`<span>${seconds(elapsed + (performance.now() - told.current.at) / 1000)}</span>`;
}
