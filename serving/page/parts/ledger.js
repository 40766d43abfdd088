/** The figures of a run: rewards by round, lengths, cost, why it stopped. */
import { reward, seconds, whole, why } from "../words.js";
import { html } from "../vendor/preact.js";
import { Plots } from "./plots.js";

export function Ledger({ session }) {
  const { view, settings } = session.state;
  return html`
    <aside class="ledger" aria-label="Figures">
      <${Plots} view=${view} />
      <${Cost} view=${view} settings=${settings} />
      ${view.setup && html`<${Setup} setup=${view.setup} />`}
      ${view.stop &&
      html`<section><h2>Why it stopped</h2><p>${why(view.stop, view.setup)}</p></section>`}
      ${view.notices.length > 0 &&
      html`<section>
        <h2>To know</h2>
        ${view.notices.map((text) => html`<p class="hint">${text}</p>`)}
      </section>`}
    </aside>
  `;
}

function Cost({ view, settings }) {
  const { requests, sequences, scores, input_tokens: read, cached_tokens: cached, output_tokens: wrote } = view.cost;
  const least = view.cost.exact ? "" : "≥ ";
  const rows = [
    ["Requests", `${whole(requests)} for ${whole(sequences)} texts`],
    ["Tokens in", `${least}${whole(read)}${cached ? ` (${whole(cached)} cached)` : ""}`],
    ["Tokens out", `${least}${whole(wrote)}`],
    ["Scores", scores ? whole(scores) : null], // known when a step is saved
    ["Time", seconds(Math.max(view.elapsed, view.cost.seconds))],
  ];
  return html`
    <section>
      <h2>Cost so far</h2>
      <dl class="rows">
        ${rows.map(([name, value]) => value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
      </dl>
      <${Budget} name="requests" used=${requests} of=${settings.budget_requests} />
      <${Budget} name="tokens" used=${read + wrote} of=${settings.budget_tokens} />
      <${Budget} name="seconds" used=${view.elapsed} of=${settings.budget_seconds} />
    </section>
  `;
}

function Budget({ name, used, of }) {
  if (!of) return null;
  const left = Math.max(0, of - used);
  return html`<label class="budget">
    <span>${whole(left)} ${name} left of ${whole(of)}</span>
    <meter min="0" max=${of} value=${Math.min(used, of)}></meter>
  </label>`;
}

/** A spec may be broken after "@" and "/", where an address has its joints. */
const spec = (text) => text.split(/(?<=[@/])(?![@/])/).map((part) => html`${part}<wbr />`);

const Setup = ({ setup }) => html`
  <section>
    <h2>Setup</h2>
    <dl class="rows">
      <div><dt>Search</dt><dd>${setup.mode}, D ${setup.depth}, N ${setup.width}</dd></div>
      <div><dt>Policy</dt><dd>${spec(setup.policy)}</dd></div>
      ${setup.critic && setup.critic !== setup.policy && html`<div><dt>Critic</dt><dd>${spec(setup.critic)}</dd></div>`}
      <div><dt>Reward</dt><dd>${spec(setup.reward)}</dd></div>
    </dl>
  </section>
`;
