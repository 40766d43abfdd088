/** Batches and comparisons of the server's folder: each opens as a page of its own. */
import { age } from "../phrases.js";
import { html, useEffect, useState } from "../vendor/preact.js";

const EVERY = 5 * 60_000; // an address opens its report for ten minutes

/** What became of a batch or comparison, in a few words. */
export function reportState({ running, stopped, kind, rows, answered, left_out: leftOut }) {
  const ended = (answered ?? 0) + (leftOut ?? 0);
  if (running) return `running, ${ended} of ${rows ?? "?"}`;
  if (kind === "batch" && ended < rows) return `${stopped || "interrupted"}, ${ended} of ${rows}`;
  return rows === undefined ? "" : `${rows} ${rows === 1 ? "row" : "rows"}`;
}

export function Reports({ reports: { list, base } }) {
  const [reports, setReports] = useState([]);
  useEffect(() => {
    const look = () => list().then((found) => setReports(found.reports ?? []), () => {});
    look();
    const looking = setInterval(look, EVERY);
    return () => clearInterval(looking);
  }, []);
  if (!reports.length) return null;
  return html`
    <details class="reports" open=${reports.length <= 5}>
      <summary>Reports (${reports.length})</summary>
      <ul>
        ${reports.map(
          (one) => html`<li key=${one.id}>
            <a class="thread" href=${`${base}/${one.address}`} target="_blank" rel="noopener noreferrer" title=${one.sentences?.[0] ?? one.name}>
              <span class="title" dir="auto">${one.title || one.name}</span>
              <span class="about"><span class="state">${[one.kind, reportState(one)].filter(Boolean).join(", ")}</span>${age(one.written)}</span>
            </a>
          </li>`,
        )}
      </ul>
    </details>
  `;
}
