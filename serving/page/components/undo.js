/** A thread is hidden at once and deleted a little later: until then that can be undone. */
import { html } from "../vendor/preact.js";
import { titleOf } from "./thread_list.js";

export function Undo({ session }) {
  const { deleted } = session.state;
  const { undo, holdDelete: hold, goOnDeleting: goOn } = session.list;
  const waiting = { onFocus: hold, onBlur: goOn, onMouseEnter: hold, onMouseLeave: goOn };
  return html`<div class="undo" role="status">
    ${deleted &&
    html`<p>
      <span class="title" dir="auto">Deleted: ${titleOf(deleted) || "untitled thread"}</span>
      <button class="small" onClick=${undo} ...${waiting}>Undo</button>
    </p>`}
  </div>`;
}
