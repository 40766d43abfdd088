/** A formula, set as MathML. It stays as it was written until that can be done, and where it cannot be read. */
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact.js";

// What a model wrote may neither link, load nor name anything (`trust`), nor grow without end.
const BOUNDS = { throwOnError: true, trust: false, maxSize: [20, 40], maxExpand: 200 };
const DEFINES = /\\(?:[egx]?def|let|futurelet|(?:re)?newcommand|providecommand|global|long)(?![a-zA-Z])/;

let temml = null; // comes with the first formula: it weighs as much as all the rest
let coming = null;

const fetched = () =>
  (coming ??= import("../vendor/temml.js").then(
    (found) => (temml = found.temml),
    () => (coming = null),
  ));

export function Formula({ text }) {
  const place = useRef(null);
  const [setter, setSetter] = useState(temml);
  useEffect(() => void (setter || fetched().then(() => setSetter(temml))), []);
  const math = useMemo(() => setter && mathOf(text), [text, setter]);
  useLayoutEffect(() => void (math && place.current.replaceChildren(math)), [math]);
  if (!math) return html`<code class="formula">${text}</code>`;
  return html`<span ref=${place} class=${isDisplayed(text) ? "formula-block" : "formula-line"} tabindex=${isDisplayed(text) ? 0 : undefined}></span>`;
}

const isDisplayed = (text) => /^(?:\$\$|\\\[)/.test(text);

/** The element of a formula, or null. */
function mathOf(text) {
  const signs = /^\$(?!\$)/.test(text) ? 1 : 2;
  const box = document.createElement("span");
  if (DEFINES.test(text)) return null;
  try {
    temml.render(text.slice(signs, -signs), box, { ...BOUNDS, displayMode: isDisplayed(text) });
  } catch {
    return null; // not a formula, or one that nests without end
  }
  return box.firstChild;
}
