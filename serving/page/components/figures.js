/** The column on the right: plots, cost, setup, why the run stopped, notices. */
import { dollars, integer, seconds, stopSentence } from "../phrases.js";
import { html } from "../vendor/preact.js";
import { Plots } from "./plots.js";
import { Scatter } from "./scatter.js";

export function Figures({ session }) {
  const { view, settings } = session.state;
  return html`
    <aside class="figures" aria-label="Figures">
      <${Plots} view=${view} />
      ${Object.values(view.candidates).length > 2 && html`<section class="plots"><${Scatter} view=${view} /></section>`}
      <${Cost} view=${view} settings=${settings} />
      ${view.setup && html`<${Setup} setup=${view.setup} />`}
      ${view.stop &&
      html`<section><h2>Why it stopped</h2><p>${stopSentence(view.stop, view.setup)}</p></section>`}
      ${view.notices.length > 0 &&
      html`<section>
        <h2>Notes</h2>
        ${view.notices.map((text) => html`<p class="hint">${text}</p>`)}
      </section>`}
    </aside>
  `;
}

function Cost({ view, settings }) {
  const { requests, sequences, scores, input_tokens: input, cached_tokens: cached, output_tokens: output } = view.cost;
  const atLeast = view.cost.exact ? "" : "≥ ";
  const rows = [
    ["Requests", `${integer(requests)} for ${integer(sequences)} texts`],
    ["Tokens in", `${atLeast}${integer(input)}${cached ? ` (${integer(cached)} cached)` : ""}`],
    ["Tokens out", `${atLeast}${integer(output)}`],
    ["Dollars", dollars(view.cost)],
    ["Scores", scores ? integer(scores) : null], // known once a step is saved
    ["Time", seconds(Math.max(view.elapsed, view.cost.seconds))],
  ];
  return html`
    <section>
      <h2>Cost so far</h2>
      <dl class="rows">
        ${rows.map(([name, value]) => value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
      </dl>
      <${Budget} name="requests" used=${requests} limit=${settings.budget_requests} />
      <${Budget} name="tokens" used=${input + output} limit=${settings.budget_tokens} />
      <${Budget} name="dollars" used=${view.cost.cost_usd ?? 0} limit=${settings.budget_usd} format=${usd} />
      <${Budget} name="seconds" used=${view.elapsed} limit=${settings.budget_seconds} />
    </section>
  `;
}

const usd = (n) => number.format(n);
const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

function Budget({ name, used, limit, format = integer }) {
  if (!limit) return null;
  const left = Math.max(0, limit - used);
  return html`<label class="budget">
    <span>${format(left)} of ${format(limit)} ${name} left</span>
    <meter min="0" max=${limit} value=${Math.min(used, limit)}></meter>
  </label>`;
}

/** A spec, which may wrap after "@" and "/". */
const wrapping = (text) => text.split(/(?<=[@/])(?![@/])/).map((part) => html`${part}<wbr />`);

const Setup = ({ setup }) => html`
  <section>
    <h2>Setup</h2>
    <dl class="rows">
      <div><dt>Search</dt><dd>${setup.mode}, D ${setup.depth}, N ${setup.width}</dd></div>
      <div><dt>Policy</dt><dd>${wrapping(setup.policy)}</dd></div>
      ${setup.critic && setup.critic !== setup.policy && html`<div><dt>Critic</dt><dd>${wrapping(setup.critic)}</dd></div>`}
      <div><dt>Reward</dt><dd>${wrapping(setup.reward)}</dd></div>
    </dl>
  </section>
`;
