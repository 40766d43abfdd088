/** The part of the Agent Server API that the page uses, spoken with plain `fetch`. */
import { events } from "./event_stream.js";

const MOST_AT_ONCE = 1000;
const NEWEST = { sort_by: "updated_at", sort_order: "desc" };
const FIELDS = { select: ["thread_id", "status", "metadata", "updated_at", "interrupts"] };

/** The server answered with an error. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** There was no answer: the server is down, or the connection is. */
export class Unreachable extends Error {}

/** The page lives at BASE/app/, the API at BASE, under any mount prefix. */
export const baseOf = (pathname) => pathname.slice(0, Math.max(0, pathname.lastIndexOf("/app")));

/**
 * @param {string} base Address of the API, without a slash at its end.
 * @param {() => string} key Returns the API key, or "".
 */
export function apiClient(base, key) {
  async function send(method, path, body, options = {}) {
    const headers = { ...options.headers };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (key()) Object.assign(headers, { "x-api-key": key(), authorization: `Bearer ${key()}` });
    const payload = body === undefined ? undefined : JSON.stringify(body);
    let response;
    try {
      const { signal, keepalive } = options;
      response = await fetch(base + path, { method, headers, body: payload, signal, keepalive });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Unreachable("The server cannot be reached.");
    }
    if (!response.ok) throw new Refused(response.status, await errorMessage(response));
    return response;
  }

  async function json(method, path, body) {
    const response = await send(method, path, body);
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  }

  /** The events of a run; a connection that breaks raises `Unreachable`, too. */
  async function* stream(method, path, body, options) {
    const response = await send(method, path, body, options);
    try {
      yield* events(response.body);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Unreachable("The connection was lost.");
    }
  }

  /** Some threads; aegra refuses to be told which fields to send. */
  let fields = FIELDS;
  async function someThreads(limit, offset) {
    try {
      return await json("POST", "/threads/search", { ...NEWEST, ...fields, limit, offset });
    } catch (error) {
      if (error.status !== 422 || fields !== FIELDS) throw error;
      fields = {};
      return someThreads(limit, offset);
    }
  }

  const thread = (id) => `/threads/${encodeURIComponent(id)}`;
  return {
    assistants: () => json("POST", "/assistants/search", { graph_id: "tpo", limit: 1 }),
    reports: () => json("GET", "/reports"),
    schemas: (assistant) => json("GET", `/assistants/${assistant}/schemas`),
    /** The newest threads, at most so many; a server gives a thousand at once. */
    async threads(limit) {
      const found = [];
      while (found.length < limit) {
        const some = Math.min(MOST_AT_ONCE, limit - found.length);
        const page = await someThreads(some, found.length);
        found.push(...page);
        if (page.length < some) break;
      }
      return found;
    },
    createThread: (metadata) => json("POST", "/threads", { metadata }),
    describeThread: (id, metadata) => json("PATCH", thread(id), { metadata }),
    deleteThread: (id) => send("DELETE", thread(id), undefined, { keepalive: true }), // also if the page is left
    thread: (id) => json("GET", thread(id)),
    state: (id) => json("GET", `${thread(id)}/state`),
    history: (id) => json("POST", `${thread(id)}/history`, { limit: 1000 }),
    changeState: (id, change) => json("POST", `${thread(id)}/state`, change),
    runs: (id) => json("GET", `${thread(id)}/runs?limit=10`),
    cancel: (id, run) => json("POST", `${thread(id)}/runs/${run}/cancel`),
    run: (id, request, signal) =>
      stream(
        "POST",
        `${thread(id)}/runs/stream`,
        {
          assistant_id: "tpo",
          stream_mode: ["custom"],
          stream_resumable: true,
          on_disconnect: "continue",
          multitask_strategy: "reject",
          ...request,
        },
        { signal },
      ),
    join: (id, run, signal) =>
      stream("GET", `${thread(id)}/runs/${run}/stream?stream_mode=custom`, undefined, {
        signal,
        headers: { "last-event-id": "-1" },
      }),
  };
}

/** The message of an error response, in whichever of the usual shapes. */
async function errorMessage(response) {
  const text = await response.text();
  try {
    const body = JSON.parse(text);
    const message = body.detail ?? body.message ?? body.error?.message ?? body.error;
    if (message) return typeof message === "string" ? message : JSON.stringify(message);
  } catch {
    // not JSON: show the text
  }
  return text.slice(0, 300) || `The server answered ${response.status}.`;
}
