/** Everything, in its place: threads on the left, the run in the middle, its figures on the right. */
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Answer } from "./answer.js";
import { Ask } from "./ask.js";
import { Conversation } from "./conversation.js";
import { Ledger } from "./ledger.js";
import { Lock } from "./lock.js";
import { Masthead } from "./masthead.js";
import { Notices } from "./notices.js";
import { Rounds } from "./rounds.js";
import { Strip } from "./strip.js";
import { Threads } from "./threads.js";
import { Welcome } from "./welcome.js";

export function Page({ session, unlock }) {
  const [drawer, setDrawer] = useState(false);
  const s = session.state;
  const start = s.status === "empty";
  const main = useRef(null);
  useEffect(() => setDrawer(false), [s.thread]);
  return html`
    <a class="skip" href="#main" onClick=${(e) => (e.preventDefault(), main.current.focus())}>
      Skip to the content
    </a>
    <${Masthead} session=${session} drawer=${drawer} onDrawer=${() => setDrawer(!drawer)} />
    <div class=${`desk ${start ? "is-start" : ""}`}>
      <${Threads} session=${session} open=${drawer} />
      <main id="main" tabindex="-1" ref=${main}>
        <${Notices} session=${session} />
        ${s.locked && html`<${Lock} unlock=${unlock} />`}
        ${!s.locked && start && html`<${Welcome} session=${session} />`}
        ${!s.locked && s.status === "loading" && html`<${Loading} />`}
        ${!s.locked && !start && s.status !== "loading" && html`<${Run} session=${session} />`}
      </main>
      ${!start && !s.locked && html`<${Ledger} session=${session} />`}
    </div>
  `;
}

const Run = ({ session }) => {
  const s = session.state;
  const resting = s.status !== "running" && s.status !== "paused";
  return html`
    <article class="run">
      <${Conversation} session=${session} />
      <${Strip} session=${session} />
      <${Answer} session=${session} />
      <${Rounds} session=${session} />
      ${resting && html`<${Ask} key=${s.thread} session=${session} further />`}
    </article>
  `;
};

const Loading = () => html`
  <div class="loading" role="status">
    <p>Opening the thread…</p>
    <div class="bone"></div>
    <div class="bone"></div>
    <div class="bone short"></div>
  </div>
`;
