/** What a person must know about the page itself: offline, failed, or part-way. */
import { html } from "../vendor/preact.js";

export function Notices({ session }) {
  const { link, status, problem } = session.state;
  return html`
    <div class="notices" role="status">
      ${link === "offline" &&
      html`<p class="notice warn">
        <strong>Offline.</strong> The server cannot be reached. Trying again by itself; what was paid for
        is saved there.
      </p>`}
      ${problem &&
      html`<p class="notice bad">
        <strong>${status === "failed" ? "The run failed." : "That did not work."}</strong> ${problem}
        ${status === "failed" && html` <${Resume} session=${session}>Try to go on<//>`}
      </p>`}
      ${status === "stopped" &&
      html`<p class="notice">
        <strong>Stopped part-way.</strong> What was finished is kept; going on pays only for the rest.${" "}
        <${Resume} session=${session}>Go on<//>
      </p>`}
    </div>
  `;
}

const Resume = ({ session, children }) =>
  html`<button class="small" onClick=${session.resume}>${children}</button>`;
