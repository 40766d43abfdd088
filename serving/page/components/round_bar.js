/** Above the rounds: jump to one, open or cut all texts, and show them as written or as Markdown. */
import { html } from "../vendor/preact.js";

export function RoundBar({ numbers, show, change }) {
  if (!numbers.length) return null;
  const jump = (number) => {
    const title = document.getElementById(`round-${number}`);
    title?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    title?.focus({ preventScroll: true });
  };
  const all = numbers.every((n) => show.folded.includes(n));
  const toggle = (name) => () => change({ ...show, [name]: !show[name] });
  return html`<nav class="round-bar" aria-label="Rounds">
    <span class="jumps">
      ${numbers.map((n) => html`<button class="quiet" onClick=${() => jump(n)}>${n === 0 ? "First samples" : `Round ${n}`}</button>`)}
    </span>
    <span class="tools">
      <button class="quiet" aria-pressed=${show.whole} onClick=${toggle("whole")}>Whole texts</button>
      <button class="quiet" aria-pressed=${show.source} onClick=${toggle("source")}>As written</button>
      <button class="quiet" onClick=${() => change({ ...show, folded: all ? [] : numbers })}>${all ? "Unfold all" : "Fold all"}</button>
    </span>
  </nav>`;
}
