/** Rewards and lengths by round, as small plots that share one horizontal axis. */
import { integer, reward } from "../phrases.js";
import { axisEnds } from "../scale.js";
import { html } from "../vendor/preact.js";

const WIDTH = 280;
const RIGHT = 14;
const LETTER = 6.3; // the width of a figure in a label

/** The room that the labels of an axis need, so that none loses its first figure. */
export const roomFor = (labels) => Math.max(40, 14 + LETTER * Math.max(0, ...labels.map((text) => text.length)));

export function Plots({ view }) {
  const rounds = Object.values(view.rounds);
  const last = Math.max(view.setup?.depth ?? 0, ...rounds.map((r) => r.round), 1);
  const scored = Object.values(view.candidates).filter((c) => Number.isFinite(c.reward));
  const heldout = rounds.filter((r) => r.heldout != null);
  const lengths = rounds.filter((r) => r.best_length != null);
  const left = roomFor([
    ...[scored.map((c) => c.reward), heldout.map((r) => r.heldout)].filter((some) => some.length).flatMap(axisEnds).map(reward),
    ...lengths.map((r) => integer(r.best_length)),
  ]);
  const x = Object.assign((round) => left + ((WIDTH - left - RIGHT) * round) / last, { left });
  return html`
    <section class="plots">
      <h2>Reward by round</h2>
      ${scored.length
        ? html`<${Rewards} x=${x} rounds=${rounds} scored=${scored} />
            <p class="legend"><span class="best">best so far</span> <span class="mean">mean ± spread of the round</span></p>`
        : html`<p class="hint">Shown once there are scores.</p>`}
      ${heldout.length > 0 &&
      html`<h3>Held-out reward of the best</h3>
        <${Line} x=${x} name="Held-out reward" points=${heldout.map((r) => [r.round, r.heldout])} format=${reward} />`}
      ${lengths.length > 0 &&
      html`<h3>Length of the best, in characters</h3>
        <${Line} x=${x} name="Length" points=${lengths.map((r) => [r.round, r.best_length])} format=${integer} zero />`}
      ${rounds.length > 0 && html`<${Table} rounds=${rounds} />`}
    </section>
  `;
}

function Rewards({ x, rounds, scored }) {
  const height = 150;
  const all = scored.map((c) => c.reward);
  const [low, high] = axisEnds(all);
  const y = axis(low, high, height);
  const withMean = rounds.filter((r) => r.mean != null);
  const best = rounds.filter((r) => r.reward != null);
  const within = (value) => Math.min(Math.max(value, Math.min(...all)), Math.max(...all));
  const edge = (sign) => withMean.map((r) => [x(r.round), y(within(r.mean + sign * (r.std ?? 0)))]);
  const summary = withMean.map((r) => `round ${r.round}: best ${reward(r.best)}, mean ${reward(r.mean)}`).join("; ");
  return html`
    <svg class="plot" viewBox=${`0 0 ${WIDTH} ${height}`} role="img" aria-label=${`Rewards. ${summary}`}>
      <${Axis} x=${x} y=${y} height=${height} rounds=${rounds} low=${low} high=${high} format=${reward} />
      <polygon class="band" points=${[...edge(1), ...edge(-1).reverse()].join(" ")} />
      ${scored.map((c) => html`<circle class="dot" key=${c.id} cx=${x(c.round)} cy=${y(c.reward)} r="2.6" />`)}
      <polyline class="mean" points=${withMean.map((r) => [x(r.round), y(r.mean)]).join(" ")} />
      <polyline class="best" points=${best.map((r) => [x(r.round), y(r.reward)]).join(" ")} />
      ${best.map((r) => html`<circle class="best" cx=${x(r.round)} cy=${y(r.reward)} r="4" />`)}
    </svg>
  `;
}

function Line({ x, name, points, format, zero = false }) {
  const height = 74;
  const values = points.map(([, value]) => value);
  const [low, high] = zero ? [0, Math.max(...values)] : axisEnds(values);
  const y = axis(low, high, height);
  const summary = points.map(([round, value]) => `round ${round}: ${format(value)}`).join("; ");
  return html`
    <svg class="plot" viewBox=${`0 0 ${WIDTH} ${height}`} role="img" aria-label=${`${name}. ${summary}`}>
      <${Axis} x=${x} y=${y} height=${height} rounds=${points.map(([round]) => ({ round }))} low=${low} high=${high} format=${format} />
      <polyline class="line" points=${points.map(([round, value]) => [x(round), y(value)]).join(" ")} />
      ${points.map(([round, value]) => html`<circle class="line" cx=${x(round)} cy=${y(value)} r="3" />`)}
    </svg>
  `;
}

/** Returns the function from a value to its y; equal values lie in the middle. */
function axis(low, high, height) {
  const [top, bottom] = [10, height - 22];
  return (value) =>
    high > low ? bottom - ((bottom - top) * (value - low)) / (high - low) : (top + bottom) / 2;
}

const Axis = ({ x, y, height, rounds, low, high, format }) => html`
  <g class="axis" aria-hidden="true">
    ${[...new Set([low, high])].map(
      (value) => html`<line x1=${x.left - 6} x2=${WIDTH} y1=${y(value)} y2=${y(value)} />
        <text x=${x.left - 10} y=${y(value) + 3.5} text-anchor="end">${format(value)}</text>`,
    )}
    ${rounds.map(
      ({ round }) => html`<text x=${x(round)} y=${height - 4} text-anchor="middle">${round}</text>`,
    )}
  </g>
`;

const Table = ({ rounds }) => html`
  <details>
    <summary>As a table</summary>
    <table>
      <thead>
        <tr><th scope="col">round</th><th scope="col">best</th><th scope="col">mean</th><th scope="col">±</th><th scope="col">length</th></tr>
      </thead>
      <tbody>
        ${rounds.map(
          (r) => html`<tr>
            <th scope="row">${r.round}</th>
            <td>${reward(r.best)}</td><td>${reward(r.mean)}</td><td>${reward(r.std)}</td>
            <td>${r.best_length == null ? "–" : integer(r.best_length)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </details>
`;
