/** Where the page starts: one session, drawn at most once per frame. */
import { apiClient, baseOf } from "./api_client.js";
import { Layout } from "./components/layout.js";
import { createSession } from "./session.js";
import { savedKey, saveKey, takeToken } from "./token.js";
import { html, render } from "./vendor/preact.js";

takeToken();
const base = baseOf(location.pathname);
const server = apiClient(base, savedKey);
const reports = { list: server.reports, base };

let scheduled = false;
const session = createSession(server, () => {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    draw();
  });
});

function unlock(key) {
  saveKey(key);
  return session.unlock();
}

const draw = () => render(html`<${Layout} session=${session} unlock=${unlock} reports=${reports} />`, document.body);

const threadInAddress = () => decodeURIComponent(location.hash.slice(1));
addEventListener("popstate", () => {
  if (takeToken()) session.unlock();
  else if (threadInAddress()) session.open(threadInAddress());
  else session.close();
});
addEventListener("online", () => session.refresh());

const loaded = session.load(); // asks the server while the page is drawn
draw();
await loaded;
if (threadInAddress()) await session.open(threadInAddress());
