/** Asks for the API key that the server needs. */
import { html, useState } from "../vendor/preact.js";

export function KeyForm({ unlock }) {
  const [key, setKey] = useState("");
  const [refused, setRefused] = useState(false);
  async function submit(e) {
    e.preventDefault();
    await unlock(key.trim());
    setRefused(true); // shown only if this form is still there
  }
  return html`
    <form class="key-form panel" onSubmit=${submit}>
      <h1>This server needs a key</h1>
      <label for="key">API key</label>
      <input
        id="key"
        type="password"
        autocomplete="off"
        required
        value=${key}
        onInput=${(e) => setKey(e.target.value)}
      />
      <p class="hint">
        The token of the address that tpo serve printed, or your key. Kept in this tab only, and sent to
        this server only.
      </p>
      ${refused && html`<p class="error-text" role="alert">The server did not accept that key.</p>`}
      <button class="primary">Unlock</button>
    </form>
  `;
}
