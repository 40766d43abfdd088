/** The form for a question: its text, the system prompt, the settings, the button. */
import { defaults } from "../run_settings.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { SettingsForm } from "./settings_form.js";

export function QuestionForm({ session, followUp = false }) {
  const s = session.state;
  const failed = followUp && s.status === "failed" && !s.earlier.length;
  const [query, setQuery] = useState(failed ? s.view.query : "");
  const [system, setSystem] = useState("");
  const field = useRef(null);
  useEffect(() => {
    if (!followUp && matchMedia("(hover: hover)").matches) field.current.focus(); // not where a keyboard would pop up
  }, []);
  const submit = (e) => {
    e.preventDefault();
    if (query.trim()) session.ask(query.trim(), system.trim());
  };
  const sendOnCtrlEnter = (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) e.target.form.requestSubmit();
  };
  const settings = html`<${SettingsForm} schema=${s.schema} values=${s.settings} onChange=${session.changeSettings} />`;
  return html`
    <form class="question-form panel" onSubmit=${submit}>
      <label for="query">${followUp ? "Ask a follow-up question in the same conversation" : "Your question"}</label>
      <textarea
        id="query"
        ref=${field}
        dir="auto"
        rows="2"
        required
        placeholder=${followUp ? "Say it in two sentences." : "Explain to a ten-year-old why the sky is blue."}
        value=${query}
        onInput=${(e) => setQuery(e.target.value)}
        onKeyDown=${sendOnCtrlEnter}
      ></textarea>
      ${!followUp &&
      html`<details class="system">
        <summary>System prompt</summary>
        <label class="visually-hidden" for="system">System prompt</label>
        <textarea
          id="system"
          dir="auto"
          rows="2"
          placeholder="You are a patient science teacher."
          value=${system}
          onInput=${(e) => setSystem(e.target.value)}
        ></textarea>
      </details>`}
      <div class="send">
        <button class="primary" disabled=${!s.schema || s.connection === "offline"}>
          ${followUp ? "Ask a follow-up" : "Ask"}
        </button>
        <p class="hint">${size({ ...defaults(s.schema), ...s.settings })} <kbd>Ctrl</kbd> <kbd>Enter</kbd></p>
      </div>
      ${followUp
        ? html`<details><summary>Settings</summary>${settings}</details>`
        : settings}
    </form>
  `;
}

/** How many texts a run needs at most: N (D + 1) answers and 2 D texts of critiques, or 2 k D of k. */
function size({ mode, depth, width, critiques }) {
  const rounds = mode === "best_of_n" ? 0 : Number(depth ?? 0);
  const several = mode === "adaptive" ? Number(critiques ?? 1) : 1;
  const texts = width * (rounds + 1) + 2 * several * rounds;
  return Number.isFinite(texts) ? `At most ${texts} texts from the model.` : "";
}
