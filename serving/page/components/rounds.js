/** Every round: its candidates, and the loss and gradient that steer the next one. */
import { copiesPhrase, planSentence, reward } from "../phrases.js";
import { barScale } from "../scale.js";
import { html, useState } from "../vendor/preact.js";
import { Candidate } from "./candidate.js";
import { RoundComparison } from "./comparison.js";
import { Critique } from "./critique.js";
import { PickForm } from "./pick_form.js";
import { Reader } from "./reader.js";
import { RoundBar } from "./round_bar.js";

export function Rounds({ session }) {
  const { view, pick, status } = session.state;
  const [picked, setPicked] = useState({});
  const [show, setShow] = useState({ whole: false, source: false, folded: [] });
  const [reading, setReading] = useState(null);
  const numbers = new Set(Object.keys(view.rounds).map(Number));
  for (const c of Object.values(view.candidates)) numbers.add(c.round);
  if (status === "running") numbers.add(view.current?.round ?? 0);
  const picking = pick && {
    chosen: picked.chosen ?? pick.chosen,
    rejected: picked.rejected ?? pick.rejected,
    choose: (role, id) => setPicked({ ...picked, [role]: id }),
  };
  const scale = barScale(Object.values(view.candidates).map((c) => c.reward));
  const inTurn = [...numbers].sort((a, b) => a - b);
  const fold = (number) => {
    const { folded } = show;
    setShow({ ...show, folded: folded.includes(number) ? folded.filter((n) => n !== number) : [...folded, number] });
  };
  const read = (id) => setReading({ id, against: null });
  return html`
    <div class="rounds">
      <${RoundBar} numbers=${inTurn} show=${show} change=${setShow} />
      ${inTurn.map(
        (number) => html`<${Round} key=${number} ...${{ number, session, scale, picking, show, fold, read }} />`,
      )}
      <${Reader} view=${view} reading=${reading} read=${setReading} />
      ${pick && html`<${PickForm} key=${pick.round} session=${session} picking=${picking} done=${() => setPicked({})} />`}
    </div>
  `;
}

function Round({ number, session, scale, picking, show, fold, read }) {
  const { view, status } = session.state;
  const round = view.rounds[number];
  const candidates = Object.values(view.candidates).filter((c) => c.round === number);
  const cards = inOrder(candidates, view, number, status);
  const many = cards.length > 8;
  const folded = show.folded.includes(number);
  return html`
    <section class=${`round ${many ? "is-many" : ""}`} aria-labelledby=${`round-${number}`}>
      <header>
        <span class="numeral" aria-hidden="true">${number}</span>
        <div>
          <div class="round-title">
            <h2 id=${`round-${number}`} tabindex="-1">${number === 0 ? "First samples" : `Round ${number}`}</h2>
            <button class="quiet" aria-expanded=${!folded} onClick=${() => fold(number)}>
              ${folded ? "Unfold" : "Fold"}<span class="visually-hidden"> round ${number}</span>
            </button>
          </div>
          <p class="hint">${describe(view, number, cards.length)}</p>
        </div>
        ${round?.best != null &&
        html`<dl class="round-figures">
          <div><dt>best</dt><dd>${reward(round.best)}</dd></div>
          <div><dt>mean</dt><dd>${reward(round.mean)}</dd></div>
          <div title="Between the best and the worst of all answers so far, which the critique compares">
            <dt>range so far</dt><dd>${reward(round.spread)}</dd>
          </div>
        </dl>`}
      </header>
      ${!folded && html`<${Inside} ...${{ number, session, round, cards, scale, picking, show, read }} />`}
    </section>
  `;
}

function Inside({ number, session, round, cards, scale, picking, show, read }) {
  const { view } = session.state;
  return html`
      <ul class="cards" style=${columns(cards.length)}>
        ${cards.map(
          (c) => html`<${Candidate}
            key=${c.id}
            candidate=${c}
            role=${roleOf(c, view, number)}
            scale=${scale}
            picking=${picking}
            show=${show}
            read=${read}
          />`,
        )}
      </ul>
      ${round && html`<${RoundNotes} view=${view} round=${round} />`}
      ${round && number > 0 && html`<${RoundComparison} view=${view} number=${number} />`}
      ${round && html`<${Critique} session=${session} round=${round} />`}
  `;
}

/** The candidates as they are shown, with an empty one for each that is still to come. */
function inOrder(candidates, view, number, status) {
  const all = [...candidates];
  const current = status === "running" && view.current?.round === number;
  const writing = current && ["sample", "update"].includes(view.current.phase);
  for (let index = 0; writing && index < (view.setup?.width ?? 0); index++) {
    const id = `r${number}c${index}`;
    if (!view.candidates[id]) all.push({ id, round: number, index, live: "" });
  }
  const ranked = Boolean(view.rounds[number]);
  return all.sort((a, b) => (ranked ? byReward(a, b) : 0) || a.index - b.index);
}

/** How many columns a wide and a medium window have, so that no card is alone in its row. */
const columns = (n) => ({
  "--wide": n <= 3 ? n : Math.ceil(n / Math.ceil(n / 3)),
  "--medium": Math.min(n, 2),
});

/** The best comes first, and what has no reward last. */
const byReward = (a, b) => (b.reward ?? -Infinity) - (a.reward ?? -Infinity) || 0;

function roleOf(candidate, view, number) {
  const round = view.rounds[number];
  if (view.answer?.candidate === candidate.id) return "answer";
  if (round?.chosen === candidate.id) return "chosen";
  return round?.rejected === candidate.id ? "rejected" : null;
}

function describe(view, number, size) {
  if (number === 0) return `${size} answers to the same question, each sampled independently.`;
  const { chosen: parent, plan } = view.rounds[number - 1] ?? {};
  if (plan) return planSentence(plan);
  return `${size} rewrites of ${parent ?? "the best"}, each following the gradient above.`;
}

/** What else to know of a round: its chosen or rejected answer may come from an earlier one. */
function RoundNotes({ view, round }) {
  const old = ["chosen", "rejected"]
    .map((role) => ({ role, candidate: view.candidates[round[role]] }))
    .filter(({ candidate }) => candidate && candidate.round !== round.round);
  const copies = copiesPhrase(round, Object.values(view.candidates));
  const vetoed = round.vetoed ?? 0;
  if (!old.length && round.picked_by !== "human" && !round.malformed && !round.policy && !copies) return null;
  return html`<p class="round-notes">
    ${old.map(
      ({ role, candidate: c }) => html`<span class=${`badge for-${role}`}>
        ${role === "chosen" ? "▲ still best" : "▼ still worst"}: ${c.id} (${reward(c.reward)})
      </span>`,
    )}
    ${round.picked_by === "human" && html`<span class="badge">picked by a person</span>`}
    ${round.policy && html`<span class="badge">${round.policy} goes on</span>`}
    ${round.malformed > vetoed && html`<span class="badge">${round.malformed - vetoed} without a usable answer</span>`}
    ${vetoed > 0 && html`<span class="badge">${vetoed} vetoed</span>`}
    ${copies && html`<span class="badge">${copies}</span>`}
  </p>`;
}
