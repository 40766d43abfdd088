/** Round by round: the candidates, what was contrasted, and the words that steer the next round. */
import { reward } from "../words.js";
import { html, useState } from "../vendor/preact.js";
import { Candidate } from "./candidate.js";
import { Changes } from "./changes.js";
import { Critique } from "./critique.js";
import { PickForm } from "./pick.js";

export function Rounds({ session }) {
  const { view, pick, status } = session.state;
  const [choice, setChoice] = useState({});
  const numbers = new Set(Object.keys(view.rounds).map(Number));
  for (const c of Object.values(view.candidates)) numbers.add(c.round);
  if (status === "running") numbers.add(view.doing?.round ?? 0);
  const choosing = pick && {
    chosen: choice.chosen ?? pick.chosen,
    rejected: choice.rejected ?? pick.rejected,
    choose: (role, id) => setChoice({ ...choice, [role]: id }),
  };
  const scale = scaleOf(view);
  return html`
    <div class="rounds">
      ${[...numbers]
        .sort((a, b) => a - b)
        .map(
          (number) => html`<${Round}
            key=${number}
            number=${number}
            session=${session}
            scale=${scale}
            choosing=${choosing}
          />`,
        )}
      ${pick && html`<${PickForm} key=${pick.round} session=${session} choosing=${choosing} done=${() => setChoice({})} />`}
    </div>
  `;
}

/** The lowest and highest reward of the pool: every bar is drawn on this one scale. */
function scaleOf(view) {
  const rewards = Object.values(view.candidates).map((c) => c.reward).filter(Number.isFinite);
  return rewards.length ? { low: Math.min(...rewards), high: Math.max(...rewards) } : null;
}

function Round({ number, session, scale, choosing }) {
  const { view, status } = session.state;
  const round = view.rounds[number];
  const drawn = Object.values(view.candidates).filter((c) => c.round === number);
  const cards = placed(drawn, view, number, status);
  const many = cards.length > 8;
  return html`
    <section class=${`round ${many ? "is-many" : ""}`} aria-labelledby=${`round-${number}`}>
      <header>
        <span class="numeral" aria-hidden="true">${number}</span>
        <div>
          <h2 id=${`round-${number}`}>${number === 0 ? "First samples" : `Round ${number}`}</h2>
          <p class="hint">${saysRound(view, number, cards.length)}</p>
        </div>
        ${round?.best != null &&
        html`<dl class="figures">
          <div><dt>best</dt><dd>${reward(round.best)}</dd></div>
          <div><dt>mean</dt><dd>${reward(round.mean)}</dd></div>
          <div><dt>spread</dt><dd>${reward(round.spread)}</dd></div>
        </dl>`}
      </header>
      <ul class="cards" style=${columns(cards.length)}>
        ${cards.map(
          (c) => html`<${Candidate}
            key=${c.id}
            candidate=${c}
            role=${roleOf(c, view, number)}
            scale=${scale}
            choosing=${choosing}
          />`,
        )}
      </ul>
      ${round && html`<${Kept} view=${view} round=${round} />`}
      ${round && number > 0 && html`<${Changes} view=${view} number=${number} />`}
      ${round && html`<${Critique} session=${session} round=${round} />`}
    </section>
  `;
}

/** The candidates in their places; places that are still to be filled are shown as such. */
function placed(drawn, view, number, status) {
  const all = [...drawn];
  const open = status === "running" && view.doing?.round === number;
  const drawing = open && ["sample", "update"].includes(view.doing.phase);
  for (let index = 0; drawing && index < (view.setup?.width ?? 0); index++) {
    const id = `r${number}c${index}`;
    if (!view.candidates[id]) all.push({ id, round: number, index, live: "", waiting: true });
  }
  const ranked = Boolean(view.rounds[number]);
  return all.sort((a, b) => (ranked ? byReward(a, b) : 0) || a.index - b.index);
}

/** Columns that leave no card alone in its row, where there is much room and where there is some. */
const columns = (n) => ({
  "--wide": n <= 5 ? n : Math.ceil(n / Math.ceil(n / 5)),
  "--middling": n <= 3 ? n : Math.ceil(n / Math.ceil(n / 3)),
});

/** Once they are ranked, the best comes first and the unusable last. */
const byReward = (a, b) => (b.reward ?? -Infinity) - (a.reward ?? -Infinity) || 0;

function roleOf(candidate, view, number) {
  const round = view.rounds[number];
  if (view.answer?.candidate === candidate.id) return "answer";
  if (round?.chosen === candidate.id) return "chosen";
  return round?.rejected === candidate.id ? "rejected" : null;
}

function saysRound(view, number, size) {
  if (number === 0) return `${size} answers to the same question, each drawn on its own.`;
  const parent = view.rounds[number - 1]?.chosen;
  return `${size} rewrites of ${parent ?? "the best"}, each following the gradient above.`;
}

/** Chosen or rejected may come from an earlier round: the pool only grows. */
function Kept({ view, round }) {
  const old = ["chosen", "rejected"]
    .map((role) => ({ role, candidate: view.candidates[round[role]] }))
    .filter(({ candidate }) => candidate && candidate.round !== round.round);
  if (!old.length && round.picked_by !== "human" && !round.malformed) return null;
  return html`<p class="kept">
    ${old.map(
      ({ role, candidate: c }) => html`<span class=${`badge for-${role}`}>
        ${role === "chosen" ? "▲ still best" : "▼ still worst"}: ${c.id} (${reward(c.reward)})
      </span>`,
    )}
    ${round.picked_by === "human" && html`<span class="badge">picked by a person</span>`}
    ${round.malformed > 0 && html`<span class="badge">${round.malformed} without a usable answer</span>`}
  </p>`;
}
