/** The whole page: threads on the left, the run in the middle, its figures on the right. */
import { tabTitle } from "../tab_title.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Answer } from "./answer.js";
import { Banners } from "./banners.js";
import { Branches } from "./branches.js";
import { Figures } from "./figures.js";
import { Header } from "./header.js";
import { KeyForm } from "./key_form.js";
import { Progress } from "./progress.js";
import { Question } from "./question.js";
import { QuestionForm } from "./question_form.js";
import { Rounds } from "./rounds.js";
import { ThreadList } from "./thread_list.js";
import { Undo } from "./undo.js";
import { Welcome } from "./welcome.js";

export function Layout({ session, unlock, reports }) {
  const [drawerOpen, setDrawerOpen] = useState(false);
  const s = session.state;
  const start = s.status === "empty";
  const main = useRef(null);
  const title = tabTitle(s);
  useEffect(() => setDrawerOpen(false), [s.thread]);
  useEffect(() => void (document.title = title), [title]);
  useEffect(() => {
    const pressed = (e) => {
      if (e.key === "Escape") setDrawerOpen(false);
      if (e.key !== "k" || !(e.ctrlKey || e.metaKey)) return;
      e.preventDefault();
      setDrawerOpen(true);
      setTimeout(() => document.querySelector(".thread-search, .thread")?.focus());
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  return html`
    <a class="skip" href="#main" onClick=${(e) => (e.preventDefault(), main.current.focus())}>
      Skip to the content
    </a>
    <${Header} session=${session} drawerOpen=${drawerOpen} onToggleDrawer=${() => setDrawerOpen(!drawerOpen)} />
    <div class=${`layout ${start ? "is-start" : ""}`}>
      <${ThreadList} session=${session} open=${drawerOpen} reports=${reports} />
      <main id="main" tabindex="-1" ref=${main}>
        <${Banners} session=${session} />
        ${s.locked && html`<${KeyForm} unlock=${unlock} />`}
        ${!s.locked && start && html`<${Welcome} session=${session} />`}
        ${!s.locked && s.status === "loading" && html`<${Loading} />`}
        ${!s.locked && s.status === "gone" && html`<${Gone} session=${session} />`}
        ${!s.locked && !start && !["loading", "gone"].includes(s.status) && html`<${Run} session=${session} />`}
      </main>
      <${Undo} session=${session} />
      ${!start && !s.locked && s.status !== "gone" && html`<${Figures} session=${session} />`}
    </div>
  `;
}

const Run = ({ session }) => {
  const s = session.state;
  const idle = s.status !== "running" && s.status !== "paused";
  const forked = s.earlier.length > 0 || Object.values((s.aside?.view ?? s.view).rounds).some((r) => r.by_hand?.length);
  return html`
    <article class="run">
      ${s.aside && html`<${Aside} session=${session} />`}
      <${Question} session=${session} />
      <${Progress} session=${session} />
      <${Answer} session=${session} />
      <${Rounds} session=${session} />
      ${idle && forked && html`<${Branches} key=${s.thread} session=${session} />`}
      ${idle && !s.aside && html`<${QuestionForm} key=${s.thread} session=${session} followUp />`}
    </article>
  `;
};

const Aside = ({ session }) => html`
  <p class="banner" role="status">
    You are looking at ${session.state.aside.what}.${" "}
    <button class="small" onClick=${session.lookBack}>Back to the latest</button>
  </p>
`;

const Gone = ({ session }) => html`
  <p class="banner bad" role="status">
    <strong>This thread is gone.</strong> It was deleted, or it was never on this server.${" "}
    <button class="small" onClick=${session.close}>New question</button>
  </p>
`;

const Loading = () => html`
  <div class="loading" role="status">
    <p>Opening the thread…</p>
    <div class="skeleton"></div>
    <div class="skeleton"></div>
    <div class="skeleton short"></div>
  </div>
`;
