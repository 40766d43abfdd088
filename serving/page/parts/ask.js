/** The question, the system prompt, the settings, and the button. */
import { defaults } from "../session.js";
import { html, useState } from "../vendor/preact.js";
import { Settings } from "./settings.js";

export function Ask({ session, further = false }) {
  const s = session.state;
  const failed = further && s.status === "failed" && !s.earlier.length;
  const [query, setQuery] = useState(failed ? s.view.query : "");
  const [system, setSystem] = useState("");
  const send = (e) => {
    e.preventDefault();
    if (query.trim()) session.ask(query.trim(), system.trim());
  };
  const keys = (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) e.target.form.requestSubmit();
  };
  const settings = html`<${Settings} schema=${s.schema} values=${s.settings} onChange=${session.change} />`;
  return html`
    <form class="ask sheet" onSubmit=${send}>
      <label for="query">${further ? "Ask further, in the same conversation" : "Your question"}</label>
      <textarea
        id="query"
        rows="2"
        required
        placeholder="Explain to a ten-year-old why the sky is blue."
        value=${query}
        onInput=${(e) => setQuery(e.target.value)}
        onKeyDown=${keys}
      ></textarea>
      ${!further &&
      html`<details class="system">
        <summary>System prompt</summary>
        <label class="unseen" for="system">System prompt</label>
        <textarea
          id="system"
          rows="2"
          placeholder="You are a patient science teacher."
          value=${system}
          onInput=${(e) => setSystem(e.target.value)}
        ></textarea>
      </details>`}
      <div class="send">
        <button class="primary" disabled=${!s.schema || s.link === "offline"}>
          ${further ? "Ask further" : "Ask"}
        </button>
        <p class="hint">${cost({ ...defaults(s.schema), ...s.settings })} <kbd>Ctrl</kbd> <kbd>Enter</kbd></p>
      </div>
      ${further
        ? html`<details><summary>Settings</summary>${settings}</details>`
        : settings}
    </form>
  `;
}

/** What these settings ask for: N (D + 1) answers and 2 D critiques. */
function cost({ mode, depth, width }) {
  const rounds = mode === "best_of_n" ? 0 : Number(depth ?? 0);
  const texts = width * (rounds + 1) + 2 * rounds;
  return Number.isFinite(texts) ? `At most ${texts} texts from the model.` : "";
}
