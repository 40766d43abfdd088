/** What a person must know before anything else: the server is offline, the run failed or was stopped. */
import { html } from "../vendor/preact.js";

export function Banners({ session }) {
  const { connection, status, problem } = session.state;
  return html`
    <div class="banners" role="status">
      ${connection === "offline" &&
      html`<p class="banner warn">
        <strong>Offline.</strong> The server cannot be reached. The page keeps trying. What was paid for is saved
        on the server.
      </p>`}
      ${problem &&
      html`<p class="banner bad">
        <strong>${status === "failed" ? "The run failed." : "That did not work."}</strong> ${problem}
        ${status === "failed" && html` <${Resume} session=${session}>Try to resume<//>`}
      </p>`}
      ${status === "stopped" &&
      html`<p class="banner">
        <strong>Stopped part-way.</strong> What was finished is kept. If you resume, you pay only for the rest.${" "}
        <${Resume} session=${session}>Resume<//>
      </p>`}
    </div>
  `;
}

const Resume = ({ session, children }) =>
  html`<button class="small" onClick=${session.resume}>${children}</button>`;
