/** Asks for the API key, once the server has asked for it. */
import { html, useState } from "../vendor/preact.js";

export function Lock({ unlock }) {
  const [key, setKey] = useState("");
  const [wrong, setWrong] = useState(false);
  async function send(e) {
    e.preventDefault();
    await unlock(key.trim());
    setWrong(true); // seen only if this form is still there
  }
  return html`
    <form class="lock sheet" onSubmit=${send}>
      <h1>This server wants a key</h1>
      <label for="key">API key</label>
      <input
        id="key"
        type="password"
        autocomplete="off"
        required
        value=${key}
        onInput=${(e) => setKey(e.target.value)}
      />
      <p class="hint">Kept in this tab only, and sent to this server only.</p>
      ${wrong && html`<p class="wrong" role="alert">The server did not take that key.</p>`}
      <button class="primary">Unlock</button>
    </form>
  `;
}
