/** Formulas in a text: Markdown would take their underscores and stars for its own. */
const INLINE = /^(?:\\\((?:[^\n]{1,400}?)\\\)|\$(?![\s$])(?:\\.|[^$\\\n]){1,400}?(?<!\s)\$(?![\d$]|(?!(?:th|st|nd|rd|s)\b)[A-Za-z]))/;
const BLOCK = /^(?:\$\$[^$]{1,4000}?\$\$|\\\[[^]{1,4000}?\\\])(?:\n+|$)/;
const PRICE = /^\$\d[^\\]*\s\p{L}{2}/u; // "$5 and ten more, for 20$"

const formula = (level, pattern, begins) => ({
  name: "formula",
  level,
  start: (text) => {
    const at = text.search(begins);
    return at < 0 ? undefined : at;
  },
  tokenizer(text) {
    const [raw] = pattern.exec(text) ?? [];
    return raw && !PRICE.test(raw) ? { type: "formula", raw, text: raw.trim() } : undefined;
  },
});

export const formulas = [formula("inline", INLINE, /\$|\\\(/), formula("block", BLOCK, /\$\$|\\\[/)];
