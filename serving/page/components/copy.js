/** A button that copies a text. */
import { html, useState } from "../vendor/preact.js";

export function Copy({ text, what = "" }) {
  const [label, setLabel] = useState("Copy");
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setLabel("Copied");
    } catch {
      setLabel("The browser blocked it"); // not a secure context
    }
    setTimeout(() => setLabel("Copy"), 2000);
  }
  return html`<button class="small copy" onClick=${copy}>
    <span aria-live="polite">${label}</span>${what && html`<span class="visually-hidden"> ${what}</span>`}
  </button>`;
}
