/** The form for a human pick: best and worst are chosen on the cards, the rest here. */
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

export function PickForm({ session, picking, done }) {
  const [loss, setLoss] = useState("");
  const [gradient, setGradient] = useState("");
  const title = useRef(null);
  useEffect(() => title.current?.focus(), []);
  const { chosen, rejected } = picking;
  function submit(stop) {
    const critique = { loss: loss.trim() || null, gradient: gradient.trim() || null };
    session.pick({ chosen, rejected, ...critique, stop });
    done();
  }
  return html`
    <form class="pick-form panel" onSubmit=${(e) => (e.preventDefault(), submit(false))}>
      <h2 tabindex="-1" ref=${title}>Your pick</h2>
      <p>
        <span class="badge for-chosen">▲ best: ${chosen ?? "none"}</span>${" "}
        <span class="badge for-rejected">▼ worst: ${rejected ?? "none"}</span>
      </p>
      <div class="tools">
        <button class="primary" disabled=${chosen === rejected}>Continue</button>
        <button type="button" class="small" onClick=${() => submit(true)}>Stop and take the best</button>
      </div>
      <p class="hint">Change them on the cards above. Until you do, this is the reward’s choice.</p>
      <details>
        <summary>Write the critique yourself</summary>
        <label for="own-loss">Loss: why the best beats the worst</label>
        <textarea id="own-loss" rows="2" dir="auto" value=${loss} onInput=${(e) => setLoss(e.target.value)}></textarea>
        <label for="own-gradient">Gradient: what to change in the best</label>
        <textarea
          id="own-gradient"
          rows="2"
          dir="auto"
          value=${gradient}
          onInput=${(e) => setGradient(e.target.value)}
        ></textarea>
      </details>
    </form>
  `;
}
