/** Reward against length: whether the reward likes an answer or only its length. */
import { characterCount, integer, reward } from "../phrases.js";
import { axisEnds } from "../scale.js";
import { html } from "../vendor/preact.js";
import { roomFor } from "./plots.js";

const [WIDTH, HEIGHT, TOP, BOTTOM] = [280, 150, 10, 128];
const ENOUGH = 5; // answers before a correlation is worth a word

/** Pearson's correlation of pairs; null if there are few, or one side does not vary. */
export function correlation(pairs) {
  const mean = (at) => pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length;
  const [mx, my] = [mean(0), mean(1)];
  const sum = (f) => pairs.reduce((total, [x, y]) => total + f(x - mx, y - my), 0);
  const spread = Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
  return pairs.length < ENOUGH || !(spread > 0) ? null : sum((x, y) => x * y) / spread;
}

function inWords(r) {
  if (r == null) return "";
  const strength = Math.abs(r) >= 0.7 ? "strongly" : Math.abs(r) >= 0.4 ? "somewhat" : null;
  const said = strength ? `Longer answers score ${strength} ${r > 0 ? "higher" : "lower"} here` : "Length says little of the reward here";
  return `${said} (r = ${r.toFixed(2).replace("-", "−")}).`;
}

export function Scatter({ view }) {
  const scored = Object.values(view.candidates).filter((c) => Number.isFinite(c.reward) && c.text);
  const pairs = scored.map((c) => [characterCount(c.text), c.reward]);
  if (pairs.length < 3) return null;
  const [xs, ys] = [0, 1].map((at) => pairs.map((pair) => pair[at]));
  const rewards = axisEnds(ys);
  const left = roomFor(rewards.map(reward));
  const along = (ends, from, to) => {
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    return { low, high, at: (v) => (high > low ? from + ((to - from) * (v - low)) / (high - low) : (from + to) / 2) };
  };
  const x = along(xs, left + 4, WIDTH - 14);
  const y = along(rewards, BOTTOM, TOP);
  const role = (c) => (view.answer?.candidate === c.id ? "best" : c.round === 0 ? "first" : "dot");
  const distinct = new Map(scored.map((c, at) => [c.text, pairs[at]])); // a copy proves nothing more
  const said = inWords(correlation([...distinct.values()]));
  return html`
    <h3>Reward against length, in characters</h3>
    <svg class="plot scatter" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${`Reward against length of ${pairs.length} answers. ${said}`}>
      <g class="axis" aria-hidden="true">
        ${[...new Set([y.low, y.high])].map((v) => html`<line x1=${left - 6} x2=${WIDTH} y1=${y.at(v)} y2=${y.at(v)} />
          <text x=${left - 10} y=${y.at(v) + 3.5} text-anchor="end">${reward(v)}</text>`)}
        <text x=${left} y=${HEIGHT - 4}>${integer(x.low)}</text>
        ${x.high > x.low && html`<text x=${WIDTH} y=${HEIGHT - 4} text-anchor="end">${integer(x.high)}</text>`}
      </g>
      ${scored.map((c, at) => html`<circle key=${c.id} class=${role(c)} cx=${x.at(xs[at])} cy=${y.at(ys[at])} r=${role(c) === "best" ? 4.5 : 3}><title>${c.id}: ${reward(c.reward)}, ${integer(xs[at])}</title></circle>`)}
    </svg>
    <p class="legend"><span class="ring">first sample</span> <span class="spot">update</span> <span class="spot best">answer</span></p>
    ${said && html`<p class="hint">${said}</p>`}
  `;
}
