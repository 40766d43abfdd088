/** The list of threads: read it, all of it for a search; rename a thread, delete one, take that back. */
import { Unreachable } from "./api_client.js";

const PAGE = 40; // threads that one more press of the button shows
const UNDO_WITHIN = 10_000; // milliseconds
const LEFT = "tpo-deleted"; // in the session's storage: the thread that is hidden

/**
 * State: `threads` (null until read), `more` (there are older ones), `search`, and `deleted`, the
 * thread that is hidden and will be deleted once it is too late to undo.
 */
export function threadActions({ state: s, set, server, showingErrors, leave }) {
  let shown = PAGE;
  let timer = null;

  /** Hide a thread that is to go. It is noted: what is written as a page is left may be lost, and so may the request. */
  function hide(deleted) {
    set({ deleted });
    const place = globalThis.sessionStorage;
    if (deleted) place?.setItem(LEFT, deleted.thread_id);
    else place?.removeItem(LEFT);
  }

  /** What was hidden when the page was left is deleted now. If that is refused, the next list has it again. */
  async function read() {
    const limit = s.search ? Infinity : shown;
    const found = await server.threads(limit);
    const left = !s.deleted && globalThis.sessionStorage?.getItem(LEFT);
    const threads = found.filter((t) => t.thread_id !== left);
    set({ threads, more: found.length >= limit, locked: false, connection: "online" });
    if (!left) return;
    const forget = () => s.deleted || hide(null); // by now another thread may be noted
    if (threads.length < found.length)
      await server.deleteThread(left).catch((error) => {
        if (error instanceof Unreachable) throw error; // the next list tries again
        forget();
        unlessGone(error);
      });
    forget();
  }

  const refresh = showingErrors(read);

  const deleteNow = showingErrors(async () => {
    clearTimeout(timer);
    const { deleted } = s;
    if (!deleted) return;
    try {
      await server.deleteThread(deleted.thread_id);
    } finally {
      if (s.deleted === deleted) {
        hide(null);
        set({ threads: s.threads?.filter((t) => t.thread_id !== deleted.thread_id) ?? null });
      }
    }
    await read();
  });
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(deleteNow, UNDO_WITHIN);
  };
  globalThis.addEventListener?.("pagehide", () => {
    if (s.deleted) server.deleteThread(s.deleted.thread_id).catch(() => {}); // the page may never be opened again
  });

  return {
    read,
    refresh,
    /** Put what the server has just answered at the top: to ask for the whole list would keep the run waiting. */
    add(thread) {
      if (!thread?.thread_id) return refresh();
      return set({ threads: [thread, ...(s.threads ?? []).filter((t) => t.thread_id !== thread.thread_id)] });
    },
    showMore() {
      shown += PAGE;
      return refresh();
    },
    /** Titles are searched here: servers compare metadata as a whole only. */
    search(text) {
      const begins = !s.search && text;
      set({ search: text });
      if (begins) refresh();
    },
    rename: showingErrors(async (thread, title) => {
      await server.describeThread(thread, { title });
      await read();
    }),
    async remove(thread) {
      await deleteNow();
      hide(thread);
      if (s.thread === thread.thread_id) leave();
      wait();
    },
    undo() {
      clearTimeout(timer);
      hide(null);
    },
    /** While a person is at the button there is no hurry. */
    holdDelete: () => clearTimeout(timer),
    goOnDeleting: () => s.deleted && wait(),
  };
}

/** Somebody else was faster. */
function unlessGone(error) {
  if (error.status !== 404) throw error;
}
