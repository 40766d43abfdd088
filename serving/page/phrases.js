/** Numbers and sentences about a run, in the words of core/number_format.py and core/phrases.py; a test compares. */

const number = new Intl.NumberFormat("en");

export const count = (n, noun) => `${number.format(n)} ${noun}${n === 1 ? "" : "s"}`;

export const integer = (n) => number.format(Math.round(n ?? 0));

/** The length of a text in characters, counted as the server counts them. */
export const characterCount = (text) => [...text].length;

/** A reward with as many digits as a reader can use. */
export function reward(value) {
  if (value == null) return "–";
  const text = Math.abs(value) >= 1000 ? value.toPrecision(4) : value.toFixed(2);
  return text.replace(/^-/, "−");
}

/** What each part of a reward gave. */
export const partsLine = (parts) => Object.entries(parts).map(([name, value]) => `${name} ${reward(value)}`).join(" · ");

/** What a judge gave an answer each time, if it was asked more than once. */
export const ratingsLine = (ratings) => (ratings?.length ? `rated ${ratings.map(reward).join(", ")}` : "");

/** The difference of two rewards with its sign; a small one keeps two digits. */
export function signed(value) {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "+";
  if (size >= 1000) return sign + integer(size);
  return sign + (size >= 0.05 ? size.toFixed(2) : twoDigits(size));
}

/** Two digits that count; what is tiny in the notation of engineers, as Python writes it. */
function twoDigits(size) {
  if (size === 0 || size >= 1e-4) return String(Number(size.toPrecision(2)));
  const [digits, power] = size.toExponential(1).split("e-");
  return `${digits.replace(/\.0$/, "")}e-${power.padStart(2, "0")}`;
}

export const sentence = (phrase) => `${phrase[0].toUpperCase()}${phrase.slice(1)}.`;

export function seconds(value) {
  if (value < 9.95) return `${value.toFixed(1)} s`;
  const all = Math.round(value);
  return all < 60 ? `${all} s` : `${Math.floor(all / 60)} min ${String(all % 60).padStart(2, "0")} s`;
}

export function money(usd) {
  if (usd === 0) return "$0";
  if (usd >= 1) return `$${usd.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${usd.toFixed(Math.max(4, 1 - Math.floor(Math.log10(usd))))}`;
}

/** What a cost comes to in dollars, so far as that is known. */
export function dollars(cost) {
  if (!cost.requests) return "$0";
  if (!cost.priced_requests) return "price unknown";
  const whole = cost.exact && cost.priced_requests >= cost.requests;
  return `${whole ? "" : "at least "}${money(cost.cost_usd)}`;
}

/** How long ago a moment was; `now` is in milliseconds. */
export function age(moment, now = Date.now()) {
  const past = (now - Date.parse(moment)) / 1000;
  for (const [unit, length] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (past >= length) return `${Math.floor(past / length)} ${unit} ago`;
  }
  return "just now";
}

const STOPPED = {
  depth: "All rounds were run.",
  target: "The target reward was reached.",
  patience: "The answers stopped getting better.",
  price: "Another round is not expected to gain what it costs.",
  spread: "The best and the worst answer are too close to learn from.",
  budget: "The budget does not cover the next step.",
  critique_failed: "The critique failed.",
  no_update: "No update of the last round was usable.",
  human: "A person stopped the run.",
  overoptimised: "The reward kept rising while the held-out reward fell.",
};

/** Why a run stopped. */
export function stopSentence(reason, setup) {
  const depth = setup?.mode === "best_of_n" ? 0 : setup?.depth;
  if (reason !== "depth" || depth == null) return STOPPED[reason] ?? `It stopped: ${reason}.`;
  const short = { 0: "Only first samples were asked for.", 1: "The only round was run." };
  return short[depth] ?? `All ${depth} rounds were run.`;
}

/** How a round was divided, and why. */
export function planSentence({ fresh, rewrite, advised, why }) {
  const words = why || `${fresh} fresh, ${count(rewrite, "rewrite")}, ${advised} with advice`;
  return sentence(words);
}

/** How many answers of a round nearly copy an earlier one, in the words of the command; "" if none does. */
export function copiesPhrase({ round, near_copies: near }, candidates) {
  if (!near) return "";
  const scored = candidates.filter((c) => c.round === round && !c.error && c.reward != null).length;
  return `${Math.min(near, scored)} of ${scored} nearly ${near === 1 ? "copies" : "copy"} an earlier answer`;
}

const MOVES = { fresh: "fresh", rewrite: "rewrite", advised: "with advice", fused: "fused" };

/** How a candidate was made, in a run that plans. */
export const moveLabel = (move) => MOVES[move] ?? move;

/** What is happening now, in words; a screen reader reads it out. */
export function progressSentence(view) {
  if (!view.current) return "Starting…";
  const { phase, round } = view.current;
  const ofRound = Object.values(view.candidates).filter((c) => c.round === round);
  const complete = ofRound.filter((c) => c.complete).length;
  const all = Math.max(view.setup?.width ?? 0, ofRound.length);
  const open = Object.values(view.requests).filter((r) => r.state === "open" && r.round === round);
  const together = open.some((r) => r.sequences > 1) ? ", all in one request" : "";
  const scored = ofRound.filter((c) => c.reward != null || c.error).length;
  return {
    sample: `Sampling answers to the question: ${complete} of ${all}${together}`,
    rank: `Scoring the answers: ${scored} of ${all}`,
    loss: "Working out why the best beats the worst",
    gradient: "Deciding what to change in the best answer",
    update: `Rewriting the best answer: ${complete} of ${all}${together}`,
  }[phase];
}
