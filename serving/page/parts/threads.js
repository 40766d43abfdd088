/** Earlier questions: open one, or forget it. */
import { age } from "../words.js";
import { html } from "../vendor/preact.js";

const SAYS = { busy: "running", interrupted: "waiting", error: "failed", idle: "" };

/** Other clients may put anything there; only a text is a title. */
const titleOf = ({ metadata }) => (typeof metadata?.title === "string" ? metadata.title.trim() : "");

export function Threads({ session, open }) {
  const { threads, thread, status, locked } = session.state;
  const stateOf = (t) => (t.thread_id === thread && status === "running" ? "busy" : t.status);
  return html`
    <nav id="threads" class=${`threads ${open ? "is-open" : ""}`} aria-label="Threads">
      <button class="new" onClick=${session.close}><span aria-hidden="true">+ </span>New question</button>
      ${threads === null && !locked && html`<p class="hint">Reading the threads…</p>`}
      ${threads?.length === 0 && html`<p class="hint">Your questions will be listed here.</p>`}
      <ul>
        ${threads?.map(
          (t) => html`<li key=${t.thread_id} class=${t.thread_id === thread ? "is-open" : ""}>
            <button
              class="thread"
              aria-current=${t.thread_id === thread ? "page" : undefined}
              onClick=${() => session.open(t.thread_id)}
            >
              <span class="title">${titleOf(t) || "A thread from elsewhere"}</span>
              <span class="about">
                ${SAYS[stateOf(t)] && html`<span class=${`state ${stateOf(t)}`}>${SAYS[stateOf(t)]}</span>`}
                ${age(t.updated_at)}
              </span>
            </button>
            <button
              class="forget"
              aria-label=${`Delete: ${titleOf(t) || t.thread_id}`}
              onClick=${() => confirm("Delete this thread for good?") && session.forget(t.thread_id)}
            >
              ×
            </button>
          </li>`,
        )}
      </ul>
    </nav>
  `;
}
