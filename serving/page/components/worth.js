/** Did it help? What the rounds after the first samples gained, round by round, and at what price. */
import { adviceOf, verdictOf } from "../advice.js";
import { bestSoFar, firstDollars, gainPhrase, heldoutOf } from "../gain.js";
import { count, dollars, integer, money, reward, sentence, signed } from "../phrases.js";
import { html } from "../vendor/preact.js";

const VERDICTS = {
  yes: "Yes.",
  no: "No.",
  hardly: "Hardly.",
  doubtful: "The held-out reward says no.",
  pick: "A person chose.",
};

export function Worth({ session }) {
  const { view } = session.state;
  const verdict = verdictOf(view);
  const advice = adviceOf(view);
  if (!view.answer || (!verdict && !advice.length)) return null;
  return html`
    <section class=${`worth is-${verdict || "open"}`} aria-labelledby="worth-title">
      ${verdict
        ? html`<p class="verdict"><b id="worth-title">Did it help? ${VERDICTS[verdict]}</b> ${sentence(gainPhrase(view.gain))}</p>
            <${Steps} view=${view} />
            <${Price} view=${view} />
            <${HeldOut} view=${view} />`
        : html`<b class="visually-hidden" id="worth-title">Did it help?</b>`}
      ${advice.length > 0 &&
      html`<div class="advice">
        <b>Try next</b>
        <ul>${advice.map((text) => html`<li>${text}</li>`)}</ul>
      </div>`}
    </section>
  `;
}

/** The best of the first samples, and what each round added to the best so far. */
function Steps({ view }) {
  const rounds = Object.values(view.rounds);
  const first = view.gain.best_first;
  const width = Object.values(view.candidates).filter((c) => c.round === 0).length;
  const tops = bestSoFar(rounds);
  return html`<ol class="gains" aria-label="What each round added">
    <li><span>Best of ${width}</span> <b>${reward(first)}</b></li>
    ${tops.map((top, at) => {
      if (rounds[at].round === 0 || top == null) return null;
      const added = top - (tops[at - 1] ?? first);
      return html`<li class=${added > 0 ? "is-better" : ""}>
        <span>Round ${rounds[at].round}</span> <b>${added > 0 ? signed(added) : "±0"}</b>
      </li>`;
    })}
  </ol>`;
}

function Price({ view }) {
  const { gain, cost, usage } = view;
  const first = firstDollars(Object.values(view.candidates), usage);
  const paid = cost.priced_requests ? `, ${dollars(cost)}` : "";
  const ofThem = first == null ? "" : ` (${money(first)} of it for the first samples)`;
  return html`<p class="hint">
    Price: ${count(gain.texts, "text")}, ${gain.texts_after} of them after the first samples;${" "}
    ${cost.exact ? "" : "at least "}${integer(gain.tokens)} tokens${paid}${ofThem}.
  </p>`;
}

function HeldOut({ view }) {
  const seen = heldoutOf(view);
  if (!seen) return null;
  const change = Math.sign(seen.last - seen.first);
  const words = { 1: "agrees", 0: "sees no difference", "-1": "disagrees" }[change];
  return html`<p class="hint">The held-out reward ${words}: ${reward(seen.first)} for the best first sample, ${reward(seen.last)} for the answer.</p>`;
}
