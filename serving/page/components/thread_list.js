/** Earlier questions: open one, or delete it. */
import { age } from "../phrases.js";
import { html } from "../vendor/preact.js";

const STATUS = { busy: "running", interrupted: "waiting", error: "failed", idle: "" };

/** Other clients may put anything there; only a text is a title. */
const titleOf = ({ metadata }) => (typeof metadata?.title === "string" ? metadata.title.trim() : "");

export function ThreadList({ session, open }) {
  const { threads, thread, status, locked } = session.state;
  const statusOf = (t) => (t.thread_id === thread && status === "running" ? "busy" : t.status);
  return html`
    <nav id="threads" class=${`thread-list ${open ? "is-open" : ""}`} aria-label="Threads">
      <button class="new-question" onClick=${session.close}><span aria-hidden="true">+ </span>New question</button>
      ${threads === null && !locked && html`<p class="hint">Loading the threads…</p>`}
      ${threads?.length === 0 && html`<p class="hint">Your questions will be listed here.</p>`}
      <ul>
        ${threads?.map(
          (t) => html`<li key=${t.thread_id} class=${t.thread_id === thread ? "is-open" : ""}>
            <button
              class="thread"
              aria-current=${t.thread_id === thread ? "page" : undefined}
              onClick=${() => session.open(t.thread_id)}
            >
              <span class="title">${titleOf(t) || "Untitled thread"}</span>
              <span class="about">
                ${STATUS[statusOf(t)] && html`<span class=${`state ${statusOf(t)}`}>${STATUS[statusOf(t)]}</span>`}
                ${age(t.updated_at)}
              </span>
            </button>
            <button
              class="delete-thread"
              aria-label=${`Delete: ${titleOf(t) || t.thread_id}`}
              onClick=${() => confirm("Delete this thread for good?") && session.deleteThread(t.thread_id)}
            >
              ×
            </button>
          </li>`,
        )}
      </ul>
    </nav>
  `;
}
