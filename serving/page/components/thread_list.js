/** Earlier questions: find one, open it, rename it, delete it. */
import { age } from "../phrases.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Reports } from "./reports.js";

const STATUS = { busy: "running", interrupted: "stopped", error: "failed", idle: "" };

/** What a thread is doing, in a word. */
export function stateOf(thread) {
  if (thread.status === "interrupted" && Object.keys(thread.interrupts ?? {}).length) return "waiting for you";
  return STATUS[thread.status] ?? "";
}

/** Other clients may put anything there; only a text is a title. */
export const titleOf = ({ metadata }) => (typeof metadata?.title === "string" ? metadata.title.trim() : "");

/** The threads whose titles have every word of a search. */
export function found(threads, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return threads.filter((t) => words.every((word) => titleOf(t).toLowerCase().includes(word)));
}

export function ThreadList({ session, open, reports }) {
  const { threads, thread, status, locked, deleted, search, more } = session.state;
  const list = useRef(null);
  const listed = found(threads ?? [], search).filter((t) => t.thread_id !== deleted?.thread_id);
  const shown = (t) => (t.thread_id === thread && status === "running" ? { ...t, status: "busy" } : t);
  return html`
    <nav id="threads" class=${`thread-list ${open ? "is-open" : ""}`} aria-label="Threads">
      <button class="new-question" onClick=${session.close}><span aria-hidden="true">+ </span>New question</button>
      ${(threads?.length > 8 || search) &&
      html`<input
        class="thread-search"
        type="search"
        aria-label="Search the threads"
        placeholder="Search (Ctrl K)"
        value=${search}
        onInput=${(e) => session.list.search(e.target.value)}
      />`}
      ${threads === null && !locked && html`<p class="hint">Loading the threads…</p>`}
      ${threads?.length === 0 && html`<p class="hint">Your questions will be listed here.</p>`}
      ${threads?.length > 0 && search && !listed.length && html`<p class="hint">No title has these words.</p>`}
      <div class="thread-scroll">
        <ul ref=${list} onKeyDown=${(e) => moveFocus(e, list.current)}>
          ${listed.map((t) => html`<${Thread} key=${t.thread_id} thread=${shown(t)} isOpen=${t.thread_id === thread} session=${session} />`)}
        </ul>
        ${more && !search && html`<button class="small" onClick=${session.list.showMore}>Show older threads</button>`}
      </div>
      ${!locked && html`<${Reports} reports=${reports} />`}
    </nav>
  `;
}

function Thread({ thread: t, isOpen, session }) {
  const [renaming, setRenaming] = useState(false);
  const title = titleOf(t);
  const state = stateOf(t);
  const onKeyDown = (e) => {
    if (e.key === "F2") setRenaming(true);
    else if (e.key === "Delete") session.list.remove(t);
  };
  if (renaming) {
    const done = (name) => {
      setRenaming(false);
      if (name && name !== title) session.list.rename(t.thread_id, name);
    };
    return html`<li class=${isOpen ? "is-open" : ""}><${Rename} title=${title} done=${done} /></li>`;
  }
  return html`<li class=${isOpen ? "is-open" : ""}>
    <button
      class="thread"
      aria-current=${isOpen ? "page" : undefined}
      aria-keyshortcuts="F2 Delete"
      onClick=${() => session.open(t.thread_id)}
      onKeyDown=${onKeyDown}
    >
      <span class="title" dir="auto">${title || "Untitled thread"}</span>
      <span class="about">${state && html`<span class=${`state ${t.status}`}>${state}</span>`}${age(t.updated_at)}</span>
    </button>
    <span class="thread-tools">
      <button class="rename-thread" title="Rename" aria-label=${`Rename: ${title || t.thread_id}`} onClick=${() => setRenaming(true)}>✎</button>
      <button class="delete-thread" title="Delete" aria-label=${`Delete: ${title || t.thread_id}`} onClick=${() => session.list.remove(t)}>×</button>
    </span>
  </li>`;
}

function Rename({ title, done }) {
  const field = useRef(null);
  useLayoutEffect(() => field.current.select(), []);
  const submit = (e) => {
    e.preventDefault();
    if (field.current) done(field.current.value.trim()); // a field that goes away loses the focus, too
  };
  return html`<form onSubmit=${submit}>
    <input
      ref=${field}
      aria-label="New title"
      dir="auto"
      maxlength="120"
      defaultValue=${title}
      onBlur=${submit}
      onKeyDown=${(e) => e.key === "Escape" && (e.stopPropagation(), done(""))}
    />
  </form>`;
}

/** Up, Down, Home and End go through the list. */
function moveFocus(e, list) {
  const all = [...list.querySelectorAll(".thread")];
  const at = all.indexOf(e.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
  if (at < 0 || to === undefined) return;
  e.preventDefault();
  all[to]?.focus();
}
