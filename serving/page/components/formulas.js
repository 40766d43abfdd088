/**
 * Formulas stay as they were written: Markdown would take their underscores and stars for its own.
 * They are not set: what can do that weighs more than the whole page.
 */
const INLINE = /^(?:\\\((?:[^\n]{1,400}?)\\\)|\$(?![\s$])(?:\\.|[^$\\\n]){1,400}?(?<!\s)\$(?![\d$]))/;
const BLOCK = /^(?:\$\$[^$]{1,4000}?\$\$|\\\[[^]{1,4000}?\\\])(?:\n+|$)/;

const formula = (level, pattern, begins) => ({
  name: "formula",
  level,
  start: (text) => {
    const at = text.search(begins);
    return at < 0 ? undefined : at;
  },
  tokenizer(text) {
    const [raw] = pattern.exec(text) ?? [];
    return raw && { type: "formula", raw, text: raw.trim() };
  },
});

export const formulas = [formula("inline", INLINE, /\$|\\\(/), formula("block", BLOCK, /\$\$|\\\[/)];
