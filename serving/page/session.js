/**
 * What the page does: ask, watch, come back, cancel, pick, fork. Holds all that is shown.
 *
 * `status` of the open thread: empty, loading, running, paused (a person is to pick), stopped
 * (part-way, can go on), failed, done. `link` is offline while nobody answers; then the session
 * tries again by itself until the server is back.
 */
import { Refused, Unreachable } from "./agent_server.js";
import { apply, blank, upTo } from "./view.js";
import { standing } from "./standing.js";
import { conversation, fromState } from "./state_view.js";

const RETRY_AFTER = [500, 1000, 2000, 4000, 8000]; // milliseconds; the last one repeats
const LISTED = 40;

export function createSession(server, changed) {
  const s = {
    status: "empty",
    link: "online",
    locked: false, // the server wants a key
    problem: null, // a sentence
    schema: null,
    settings: {}, // what differs from the schema's defaults
    threads: null,
    thread: null,
    run: null,
    system: "",
    earlier: [],
    view: blank(),
    pick: null, // the question put to a person
    before: null, // the answer that a fork started from
  };
  let ticket = 0; // a newer one makes what is under way stale
  let waiting = null; // the ticket that is being tried again
  let control = new AbortController();

  const set = (fields) => {
    Object.assign(s, fields);
    changed();
  };

  /** Run an action; whatever goes wrong is shown, not thrown. */
  const guarded = (action) => async (...args) => {
    try {
      return await action(...args);
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      if (error instanceof Refused && error.status === 401) set({ locked: true });
      else if (error instanceof Unreachable) await lost(ticket);
      else set({ status: s.status === "loading" ? "failed" : s.status, problem: error.message });
    }
    return undefined;
  };

  function begin(fields) {
    control.abort();
    control = new AbortController();
    ticket += 1;
    set({ problem: null, pick: null, run: null, ...fields });
    return ticket;
  }

  /** The settings form, and the list of threads. */
  const load = guarded(async () => {
    if (!s.schema) {
      const [assistant] = await server.assistants();
      if (!assistant) throw new Error("This server has no graph named tpo.");
      const { context_schema: schema } = await server.schemas(assistant.assistant_id);
      set({ schema, locked: false, link: "online" });
    }
    set({ threads: await server.threads(LISTED), locked: false, link: "online" });
  });

  const refresh = guarded(async () => set({ threads: await server.threads(LISTED) }));

  /** Watch a run until its stream ends, then see where the thread stands. */
  async function follow(mine, stream) {
    let failure = null;
    for await (const { event, data } of stream) {
      if (mine !== ticket) return;
      if (event === "metadata") set({ run: data.run_id, link: "online" });
      else if (event === "error") failure = data;
      else if (event.startsWith("custom")) set({ view: apply(s.view, data) });
    }
    if (mine === ticket) await settle(mine, failure);
  }

  /** Read the thread again: what is saved counts, not what was seen. */
  async function settle(mine, failure = null) {
    const [thread, state] = await Promise.all([server.thread(s.thread), server.state(s.thread)]);
    if (mine !== ticket) return;
    const told = conversation(state.values?.messages);
    const { setup, notices, elapsed } = s.view;
    const saved = fromState(state);
    const seen = saved.query === s.view.query;
    const view = { ...saved, setup: seen && setup ? setup : setupOf(thread), notices: seen ? notices : [] };
    if (seen) view.elapsed = Math.max(elapsed, saved.elapsed);
    const running = thread.status === "busy" ? await runningIn(s.thread) : null;
    if (mine !== ticket) return;
    set({ system: told.system, earlier: told.earlier, link: "online", locked: false });
    if (running) {
      const shown = seen && Object.keys(s.view.candidates).length ? s.view : view;
      set({ status: "running", run: running, view: shown });
      await follow(mine, server.join(s.thread, running, control.signal));
      return;
    }
    set({ view, run: null, ...standing(thread, state, failure) });
    refresh();
  }

  const setupOf = (thread) => {
    const given = { ...defaults(s.schema), ...settingsIn(thread) };
    const { mode, depth, width, policy, critic, reward } = given;
    return { mode, depth, width, policy, critic, reward };
  };

  async function runningIn(thread) {
    const runs = await server.runs(thread);
    return runs.find((run) => run.status === "running" || run.status === "pending")?.run_id ?? null;
  }

  /** Nobody answers: say so, and try again until somebody does. */
  async function lost(mine) {
    if (waiting === mine) return;
    waiting = mine;
    set({ link: "offline" });
    for (let tries = 0; mine === ticket; tries++) {
      await new Promise((go) => setTimeout(go, RETRY_AFTER[Math.min(tries, RETRY_AFTER.length - 1)]));
      if (mine !== ticket) break;
      try {
        if (s.thread) await settle(mine);
        else await load();
        if (s.link === "online") break;
      } catch (error) {
        if (error.name === "AbortError") break;
        if (!(error instanceof Unreachable)) {
          set({ link: "online", status: "failed", problem: error.message });
          break;
        }
        set({ link: "offline" });
      }
    }
    if (waiting === mine) waiting = null;
  }

  const go = guarded(async (request) => {
    await follow(ticket, server.run(s.thread, { context: s.settings, ...request }, control.signal));
  });

  const open = guarded(async (thread) => {
    const mine = begin({ thread, status: "loading", view: blank(), before: null, earlier: [] });
    remember(thread);
    const found = await server.thread(thread);
    if (mine !== ticket) return;
    set({ settings: settingsIn(found) });
    await settle(mine);
  });

  return {
    state: s,
    load,
    open,
    refresh,
    /** `settings(now)` returns the settings that follow: two may change within one frame. */
    change: (settings) => set({ settings: settings(s.settings) }),
    unlock: async () => {
      await load();
      if (!s.locked && s.thread) await open(s.thread);
    },
    close() {
      begin({ thread: null, status: "empty", view: blank(), before: null, earlier: [], system: "" });
      remember("");
    },
    /** Ask on a new thread, or further on the open one. */
    ask: guarded(async (query, system) => {
      const further = Boolean(s.thread);
      const title = query.replace(/\s+/g, " ").slice(0, 120);
      begin({ status: "running", view: blank(query), before: null });
      if (further) {
        await server.describeThread(s.thread, { settings: s.settings });
      } else {
        const made = await server.createThread({ title, settings: s.settings });
        set({ thread: made.thread_id, system, earlier: [] });
        remember(made.thread_id);
      }
      const first = !further && system ? [{ role: "system", content: system }] : [];
      refresh();
      await go({ input: { messages: [...first, { role: "user", content: query }] } });
    }),
    resume: guarded(async () => {
      begin({ status: "running" });
      await go({ input: null });
    }),
    pick: guarded(async (answer) => {
      begin({ status: "running" });
      await go({ command: { resume: answer } });
    }),
    /** The stream ends by itself once the run is cancelled. */
    cancel: guarded(async () => {
      if (s.run) await server.cancel(s.thread, s.run);
    }),
    /** Rewrite the past: a loss or gradient (`which`) of a round, and all that follows. */
    fork: guarded(async (round, which, text) => {
      const next = { loss: "gradient", gradient: "update" }[which];
      const before = s.view.answer && { ...s.view.answer, round };
      begin({ status: "running", before, view: upTo(s.view, round) });
      const history = await server.history(s.thread);
      const there = history.find((c) => c.next[0] === next && c.values.round === round);
      if (!there) throw new Error("The server no longer has that step.");
      const edited = { turn: there.values.turn, round, [which]: text, by_hand: [which] };
      const { checkpoint } = there;
      const fork = await server.changeState(s.thread, {
        values: { rounds: [edited] },
        checkpoint,
        as_node: which,
      });
      const view = fromState(await server.state(s.thread));
      set({ view: { ...view, setup: s.view.setup, doing: { phase: next, round } } });
      await go({ input: null, checkpoint: fork.checkpoint });
    }),
    forget: guarded(async (thread) => {
      await server.deleteThread(thread);
      await refresh();
    }),
  };
}

/** The settings that a thread was begun with; other clients may put anything there. */
function settingsIn({ metadata }) {
  const given = metadata?.settings;
  return given && typeof given === "object" && !Array.isArray(given) ? given : {};
}

export const defaults = (schema) =>
  Object.fromEntries(Object.entries(schema?.properties ?? {}).map(([k, f]) => [k, f.default ?? null]));

/** The open thread is in the address, so that a reload and a link find it. */
function remember(thread) {
  const hash = thread ? `#${thread}` : "";
  if (location.hash !== hash) history.pushState(null, "", location.pathname + location.search + hash);
}
