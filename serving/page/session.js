/**
 * What a person can do on the page (ask, pick, cancel, resume, fork), and the state that is shown.
 *
 * `status` of the open thread: empty, loading, running, paused (a person has to pick), stopped
 * (can be resumed), failed, done, gone (there is no such thread). `connection` is offline while the server does not answer; the
 * session then tries again until it does.
 */
import { Refused, Unreachable } from "./api_client.js";
import { forkAt } from "./fork.js";
import { lookAside } from "./look_aside.js";
import { recall } from "./recall.js";
import { setupOf, settingsIn } from "./run_settings.js";
import { savedThread } from "./saved_thread.js";
import { threadActions } from "./thread_actions.js";
import { threadStatus } from "./thread_status.js";
import { applyEvent, emptyView, viewUpTo } from "./view_from_events.js";
import { conversation, messagesOf, viewFromState } from "./view_from_state.js";

const RETRY_AFTER = [500, 1000, 2000, 4000, 8000]; // milliseconds; the last one repeats

export function createSession(server, changed) {
  const s = {
    status: "empty",
    connection: "online",
    locked: false, // the server needs a key
    problem: null, // a sentence
    schema: null,
    settings: {}, // what differs from the schema's defaults
    threads: null,
    more: false, // there are older ones
    search: "",
    deleted: null, // the thread that is deleted unless that is undone
    thread: null,
    run: null,
    system: "",
    earlier: [],
    view: emptyView(),
    pick: null, // what a person has to choose from
    beforeFork: null, // the answer that a fork started from
    aside: null, // {view, what}: an earlier turn or a branch is looked at; `view` is what to come back to
  };
  let latest = 0; // ticket of the newest action; an action whose ticket is older ends
  let reconnecting = null; // the ticket whose connection is being tried again
  let control = new AbortController();

  const set = (fields) => {
    Object.assign(s, fields);
    changed();
  };

  /** Run an action; an error is shown, not thrown. */
  const showingErrors = (action) => async (...args) => {
    try {
      return await action(...args);
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      if (error instanceof Refused && error.status === 401) set({ locked: true });
      else if (error instanceof Unreachable) await reconnect(latest);
      else if (error.status === 404 && (await isGone())) leaveGone();
      else set({ status: s.status === "loading" ? "failed" : s.status, problem: error.message });
    }
    return undefined;
  };

  /** Whether the open thread is what was not found. */
  async function isGone() {
    const found = s.thread && (await server.thread(s.thread).catch((error) => error));
    return found instanceof Refused && found.status === 404;
  }

  function leaveGone() {
    begin({ status: "gone", view: emptyView(), beforeFork: null, earlier: [], system: "" });
    list.refresh();
  }

  /** End what is being watched, and return the ticket of a new action. */
  function begin(fields) {
    control.abort();
    control = new AbortController();
    latest += 1;
    set({ problem: null, pick: null, run: null, aside: null, ...fields });
    return latest;
  }

  async function readSchema() {
    const [assistant] = await server.assistants();
    if (!assistant) throw new Error("This server has no graph named tpo.");
    const { context_schema: schema } = await server.schemas(assistant.assistant_id);
    set({ schema, locked: false, connection: "online" });
  }

  /** Fetch what the settings form is made from, and the list of threads. */
  const load = showingErrors(() => Promise.all([s.schema || readSchema(), list.read()]));

  const leave = () => {
    begin({ thread: null, status: "empty", view: emptyView(), beforeFork: null, earlier: [], system: "" });
    putInAddress("");
  };
  const list = threadActions({ state: s, set, server, showingErrors, leave });

  /** Watch a run until its stream ends, then read its thread. */
  async function watch(ticket, stream) {
    let failure = null;
    for await (const { event, data } of stream) {
      if (ticket !== latest) return;
      if (event === "metadata") set({ run: data.run_id, connection: "online" });
      else if (event === "error") failure = data;
      else if (event.startsWith("custom")) set({ view: applyEvent(s.view, data) });
    }
    if (ticket === latest) await readThread(ticket, failure);
  }

  /** Show the thread as it is saved; if a run is at work on it, watch that. */
  async function readThread(ticket, failure = null) {
    const { thread, state, running } = await savedThread(server, s.thread);
    if (ticket !== latest) return;
    const { system, earlier } = conversation(state.values?.messages);
    const { setup, notices, elapsed } = s.view;
    const saved = viewFromState(state);
    const same = saved.query === s.view.query; // the run that is shown already
    const view = { ...saved, setup: same && setup ? setup : setupOf(thread, s.schema), notices: same ? notices : [] };
    if (same) view.elapsed = Math.max(elapsed, saved.elapsed);
    set({ system, earlier, aside: null, connection: "online", locked: false });
    if (running) {
      set({ status: "running", run: running, view: same && Object.keys(s.view.candidates).length ? s.view : view });
      await watch(ticket, server.join(s.thread, running, control.signal));
      return;
    }
    set({ view, run: null, ...threadStatus(thread, state, failure) });
    list.refresh();
    if (!same && Object.keys(view.candidates).length) await remember(ticket);
  }

  /** Add what the saved state lacks; without it the page works too. */
  async function remember(ticket) {
    const found = await recall(server, s.thread, s.view.query, control.signal).catch(() => null);
    if (found && ticket === latest) set({ view: { ...s.view, ...found } });
  }

  /** The server does not answer: show that, and try again until it does. */
  async function reconnect(ticket) {
    if (reconnecting === ticket) return;
    reconnecting = ticket;
    set({ connection: "offline" });
    for (let tries = 0; ticket === latest; tries++) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER[Math.min(tries, RETRY_AFTER.length - 1)]));
      if (ticket !== latest) break;
      try {
        if (s.thread) await readThread(ticket);
        else await load();
        if (s.connection === "online") break;
      } catch (error) {
        if (error.name === "AbortError") break;
        if (!(error instanceof Unreachable)) {
          const locked = error instanceof Refused && error.status === 401; // started again, with another token
          set({ connection: "online", ...(locked ? { locked } : { status: "failed", problem: error.message }) });
          break;
        }
        set({ connection: "offline" });
      }
    }
    if (reconnecting === ticket) reconnecting = null;
  }

  const startRun = showingErrors(async (request) => {
    await watch(latest, server.run(s.thread, { context: s.settings, ...request }, control.signal));
  });

  async function askOnNewThread(query, name, system, earlier) {
    begin({ status: "running", view: emptyView(query), beforeFork: null, thread: null, system, earlier });
    const title = name.replace(/\s+/g, " ").slice(0, 120);
    const created = await server.createThread({ title, settings: s.settings });
    set({ thread: created.thread_id });
    putInAddress(created.thread_id);
    list.add(created);
    await startRun({ input: { messages: messagesOf({ system, earlier, query }) } });
  }

  const open = showingErrors(async (thread) => {
    const ticket = begin({ thread, status: "loading", view: emptyView(), beforeFork: null, earlier: [] });
    putInAddress(thread);
    const found = await server.thread(thread);
    if (ticket !== latest) return;
    set({ settings: settingsIn(found) });
    await readThread(ticket);
  });

  return {
    state: s,
    load,
    open,
    list,
    refresh: list.refresh,
    ...lookAside({ state: s, set, server, showingErrors }),
    /** `update(settings)` returns the new settings: two may change within one frame. */
    changeSettings: (update) => set({ settings: update(s.settings) }),
    unlock: async () => {
      await load();
      if (!s.locked && s.thread) await open(s.thread);
    },
    close: leave,
    /** Ask on a new thread, or a follow-up question on the open one. */
    ask: showingErrors(async (query, system) => {
      if (!s.thread) return askOnNewThread(query, query, system, []);
      begin({ status: "running", view: emptyView(query), beforeFork: null });
      list.add(await server.describeThread(s.thread, { settings: s.settings }));
      return startRun({ input: { messages: [{ role: "user", content: query }] } });
    }),
    /** Ask the question that is shown on a thread of its own, with some settings changed. */
    askAgain: showingErrors((changes, label) => {
      const { system, earlier } = s;
      set({ settings: { ...s.settings, ...changes } });
      return askOnNewThread(s.view.query, `${label}: ${s.view.query}`, system, earlier);
    }),
    resume: showingErrors(async () => {
      begin({ status: "running" });
      await startRun({ input: null, checkpoint: {} }); // the newest; aegra refuses a run of nothing
    }),
    pick: showingErrors(async (answer) => {
      begin({ status: "running" });
      await startRun({ command: { resume: answer } });
    }),
    /** The stream ends by itself once the run is cancelled. */
    cancel: showingErrors(async () => {
      if (s.run) await server.cancel(s.thread, s.run);
    }),
    /** Change the loss or gradient (`which`) of a round, and repeat the steps that follow. */
    fork: showingErrors(async (round, which, text) => {
      const beforeFork = s.view.answer && { ...s.view.answer, round };
      begin({ status: "running", beforeFork, view: viewUpTo(s.view, round) });
      const { checkpoint, view } = await forkAt(server, s.thread, s.view.rounds[round], which, text);
      set({ view: { ...view, setup: s.view.setup } });
      await startRun({ input: null, checkpoint });
    }),
  };
}

/** The open thread is in the address, so that a reload and a link find it. */
function putInAddress(thread) {
  const hash = thread ? `#${thread}` : "";
  if (location.hash !== hash) history.pushState(null, "", location.pathname + location.search + hash);
}
