/** Where the loop is: the five steps, the one under way, what is happening in words. */
import { now } from "../words.js";
import { html } from "../vendor/preact.js";

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
        <span class="where">Round ${round} of ${depth}</span>
      </p>
      <button class="small" disabled=${!run} onClick=${session.cancel}>Cancel</button>
    </section>
  `;
}
