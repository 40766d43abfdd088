/** The branches of a thread: the ends of its turns and of its forks, to look at. */
import { age, count, dollars, integer, reward } from "../phrases.js";
import { html, useState } from "../vendor/preact.js";

export function Branches({ session }) {
  const [{ ends: branches, spent }, setFound] = useState({});
  const load = async (e) => e.currentTarget.open && setFound((await session.ends()) ?? {});
  return html`<details class="branches" onToggle=${load}>
    <summary>Branches and earlier turns</summary>
    ${branches?.length === 1 && html`<p class="hint">There is one. Edit a loss or a gradient to fork it.</p>`}
    ${branches?.length > 1 &&
    html`<ul>
      ${branches.map((branch, at) => html`<li><${Branch} branch=${branch} newest=${at === 0} session=${session} /></li>`)}
    </ul>`}
    ${spent && html`<p class="hint">All together: ${count(spent.requests, "request")}, ${spent.exact ? "" : "at least "}${integer(spent.input_tokens + spent.output_tokens)} tokens, ${dollars(spent)}.</p>`}
  </details>`;
}

function Branch({ branch: { view, created, turn }, newest, session }) {
  const rounds = Object.values(view.rounds);
  const byHand = rounds.flatMap((r) => (r.by_hand ?? []).map((which) => `${which} of round ${r.round}`));
  const found = view.answer ? `${view.answer.candidate ?? "answer"}, reward ${reward(view.answer.reward)}` : "unfinished";
  const about = [`turn ${turn}`, count(rounds.length, "ranking"), byHand.length > 0 && `by hand: ${byHand.join(", ")}`, age(created)];
  const look = () => (newest ? session.lookBack() : session.lookAt(view, `a branch of turn ${turn}`));
  return html`<button class="more" onClick=${look}>${newest ? "The newest" : "Look at it"}<span class="visually-hidden">: ${found}</span></button>${" "}
    ${found} <span class="hint">${about.filter(Boolean).join(" · ")}</span>`;
}
