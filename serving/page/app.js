/** The page: one session, drawn at most once per frame. */
import { agentServer, baseOf } from "./agent_server.js";
import { Page } from "./parts/page.js";
import { createSession } from "./session.js";
import { html, render } from "./vendor/preact.js";

const KEY = "tpo-key";
const server = agentServer(baseOf(location.pathname), () => sessionStorage.getItem(KEY) ?? "");

let due = false;
const session = createSession(server, () => {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    draw();
  });
});

function unlock(key) {
  sessionStorage.setItem(KEY, key);
  return session.unlock();
}

const draw = () => render(html`<${Page} session=${session} unlock=${unlock} />`, document.body);

const asked = () => decodeURIComponent(location.hash.slice(1));
addEventListener("popstate", () => (asked() ? session.open(asked()) : session.close()));
addEventListener("online", () => session.refresh());

draw();
await session.load();
if (asked()) await session.open(asked());
