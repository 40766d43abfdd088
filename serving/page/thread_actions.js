/** The list of threads: read it, all of it for a search; rename a thread, delete one, take that back. */

const PAGE = 40; // threads that one more press of the button shows
const UNDO_WITHIN = 10_000; // milliseconds

/**
 * State: `threads` (null until read), `more` (there are older ones), `search`, and `deleted`, the
 * thread that is hidden and will be deleted once it is too late to undo.
 */
export function threadActions({ state: s, set, server, showingErrors, leave }) {
  let shown = PAGE;
  let timer = null;

  async function read() {
    const limit = s.search ? Infinity : shown;
    const threads = await server.threads(limit);
    set({ threads, more: threads.length >= limit, locked: false, connection: "online" });
  }

  const refresh = showingErrors(read);

  const deleteNow = showingErrors(async () => {
    clearTimeout(timer);
    const { deleted } = s;
    if (!deleted) return;
    try {
      await server.deleteThread(deleted.thread_id);
    } finally {
      if (s.deleted === deleted) set({ deleted: null, threads: s.threads?.filter((t) => t.thread_id !== deleted.thread_id) ?? null });
    }
    await read();
  });
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(deleteNow, UNDO_WITHIN);
  };
  globalThis.addEventListener?.("pagehide", () => s.deleted && server.deleteThread(s.deleted.thread_id));

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
      set({ deleted: thread });
      if (s.thread === thread.thread_id) leave();
      wait();
    },
    undo() {
      clearTimeout(timer);
      set({ deleted: null });
    },
    /** While a person is at the button there is no hurry. */
    holdDelete: () => clearTimeout(timer),
    goOnDeleting: () => s.deleted && wait(),
  };
}
