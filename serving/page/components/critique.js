/** The loss and gradient of a round, side by side; edit either of them to fork the run. */
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Markdown } from "./markdown.js";

const TITLES = {
  loss: ["Loss", "Why the best beats the worst"],
  gradient: ["Gradient", "What to change in the best"],
};

export function Critique({ session, round }) {
  const any = ["loss", "gradient"].some((which) => round[which] != null || round.live?.[which] != null);
  if (!any && !round.error) return null;
  return html`
    <div class="critique">
      ${Object.keys(TITLES).map(
        (which) => html`<${Note} key=${which} which=${which} round=${round} session=${session} />`,
      )}
      ${(round.further ?? []).filter(Boolean).map((one, nth) => html`<${Further} key=${nth} critique=${one} />`)}
      ${round.error && html`<p class="error-text">${round.error}</p>`}
    </div>
  `;
}

/** One of several critiques of the round: its texts, to read. */
function Further({ critique }) {
  return Object.entries(TITLES).map(
    ([which, [name]]) =>
      critique[which] != null &&
      html`<section class=${`note ${which}`} key=${which}>
        <header>
          <h3>${name}</h3>
          <p class="hint">${critique.rejected ? `Against ${critique.rejected}` : "Against another answer"}</p>
        </header>
        <${Markdown} text=${critique[which]} />
      </section>`,
  );
}

function Note({ which, round, session }) {
  const [draft, setDraft] = useState(null);
  const area = useRef(null);
  useEffect(() => area.current?.focus(), [draft === null]);
  const text = round[which] ?? round.live?.[which];
  if (text == null) return html`<div class="note is-empty" aria-hidden="true"></div>`;
  const [name, title] = TITLES[which];
  const { status, aside } = session.state;
  const idle = status !== "running" && status !== "paused" && !aside;
  const byHand = round.by_hand?.includes(which);
  const id = `${which}-${round.round}`;
  const submit = (e) => {
    e.preventDefault();
    session.fork(round.round, which, draft.trim());
    setDraft(null);
  };
  return html`
    <section class=${`note ${which}`} aria-labelledby=${id}>
      <header>
        <h3 id=${id}>${name}${byHand && html` <span class="tag">by hand</span>`}</h3>
        <p class="hint">${title}</p>
      </header>
      ${draft === null
        ? html`<${Markdown} text=${text} writing=${round[which] == null} />
            ${which === "gradient" && html`<p class="steers">↓ steers round ${round.round + 1}</p>`}
            ${idle &&
            round[which] != null &&
            html`<button class="small" onClick=${() => setDraft(text)}>
              Edit and fork<span class="visually-hidden">: ${which} of round ${round.round}</span>
            </button>`}`
        : html`<form onSubmit=${submit}>
            <textarea
              aria-label=${`Your own ${which} for round ${round.round}`}
              rows="8"
              dir="auto"
              required
              value=${draft}
              ref=${area}
              onInput=${(e) => setDraft(e.target.value)}
            ></textarea>
            <div class="tools">
              <button class="primary" disabled=${!draft.trim() || draft === round[which]}>Run from here</button>
              <button type="button" class="small" onClick=${() => setDraft(null)}>Discard changes</button>
            </div>
            <p class="hint">Earlier steps are kept and not paid for again; later steps are repeated.</p>
          </form>`}
    </section>
  `;
}
