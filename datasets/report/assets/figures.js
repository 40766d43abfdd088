/** Figures as wording.py writes them; a test compares. */

const NONE = "–";
const separated = new Intl.NumberFormat("en");

export const integer = (value) => (value == null ? NONE : minus(separated.format(Math.round(value))));

/** A reward with as many digits as a reader can use. */
export function figure(value) {
  if (value == null) return NONE;
  const text = Math.abs(value) >= 1000 ? value.toPrecision(3) : value.toFixed(2);
  return minus(text);
}

/** A difference with its sign. */
export function signed(text) {
  return /[1-9]/.test(text) && !text.startsWith("−") ? `+${text}` : text;
}

export function usd(value) {
  if (value == null) return "price unknown";
  const size = Math.abs(value);
  const digits = size >= 1 ? 2 : size ? Math.max(4, 1 - Math.floor(Math.log10(size))) : 0;
  const text = size.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${value < 0 ? "−" : ""}$${text}`;
}

function minus(text) {
  return text.replace(/^-/, "−");
}
