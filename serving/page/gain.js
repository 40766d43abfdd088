/** What the rounds after the first samples were worth, in the figures and words of core/gain.py; a test compares. */
import { count, integer, signed } from "./phrases.js";

const withReward = (pool) => pool.filter((c) => c.error == null && Number.isFinite(c.reward));

/** The candidate with the highest reward, the earliest of equals; null if none has one. */
export const bestOf = (pool) =>
  withReward(pool).reduce((top, c) => (top && top.reward >= c.reward ? top : c), null);

const tokensOf = (cost = {}) => (cost.input_tokens ?? 0) + (cost.output_tokens ?? 0) + (cost.estimated_tokens ?? 0);

/** The gain of an answer over the best first sample; null where there is nothing to compare. */
export function gainOf(pool, usage, answer) {
  const first = bestOf(pool.filter((c) => c.round === 0));
  if (!first || !answer || !usage?.phases || !usage.total) return null;
  const update = bestOf(pool.filter((c) => c.round > 0));
  const { phases, total } = usage;
  const written = Object.keys(phases)
    .filter((name) => name !== "rank")
    .reduce((sum, name) => sum + phases[name].sequences, 0);
  const tokens = tokensOf(total);
  const firsts = ofFirstSamples(pool, phases, tokensOf);
  return {
    reward: (answer.reward ?? 0) - first.reward,
    best_first: first.reward,
    best_update: update?.reward ?? null,
    texts: written,
    texts_after: written - (phases.sample?.sequences ?? 0),
    tokens,
    times: firsts ? Math.round((1000 * tokens) / firsts) / 1000 : null,
  };
}

/** What of a cost is that of the first samples, with their share of the scores. */
function ofFirstSamples(pool, phases, part) {
  const share = ratingsMade(pool.filter((c) => c.round === 0)) / Math.max(1, ratingsMade(pool));
  return part(phases.sample) + part(phases.rank) * share;
}

/** How often answers were rated; one that was not written or not scored cost nothing. */
function ratingsMade(pool) {
  const scored = [...withReward(pool), ...pool.filter(vetoed)].map((c) => [c.text, c]);
  return [...new Map(scored).values()].reduce((sum, c) => sum + Math.max(1, c.ratings?.length ?? 0), 0);
}

const vetoed = (c) => c.error != null && (c.failure ? c.failure === "vetoed" : c.error.startsWith("vetoed"));

/** The dollars of the first samples; null unless all prices are known. */
export function firstDollars(pool, usage) {
  const { total, phases } = usage ?? {};
  if (!total?.requests || !phases?.sample || total.priced_requests !== total.requests || !total.exact) return null;
  return ofFirstSamples(pool, phases, (cost) => cost?.cost_usd ?? 0);
}

/** Whether the rounds after the first samples helped; "" if there were none. */
export function gainPhrase(gain) {
  if (!gain?.texts_after) return "";
  if (gain.reward === 0) {
    const beaten = gain.best_update != null && gain.best_update > gain.best_first;
    const start = beaten ? "the answer is a first sample" : "no update beat the best first sample";
    return `${start}: ${gain.texts_after} of ${count(gain.texts, "text")} bought nothing`;
  }
  const price = gain.times == null ? `${integer(gain.tokens)} tokens` : timesPhrase(gain.times);
  return `${signed(gain.reward)} ${gain.reward > 0 ? "over" : "against"} the best first sample, for ${price}`;
}

const timesPhrase = (times) =>
  `${times < 10 ? Number(times.toPrecision(2)) : times.toFixed(0)} times the tokens`;

/** The best reward up to each round, on the scale of the last; null for rounds on another. */
export function bestSoFar(rounds) {
  const scale = rounds.at(-1)?.ranked_by;
  let top = null;
  return rounds.map((round) => {
    const known = round.ranked_by === scale ? [top, round.best, round.reward].filter((v) => v != null) : [];
    top = known.length ? Math.max(...known) : null;
    return top;
  });
}

/** What the held-out reward saw: `{first, last}`, of the best first sample and of the answer; null if it did not see both. */
export function heldoutOf(view) {
  const seen = Object.values(view.rounds).filter((r) => r.heldout != null);
  const [first, last] = [seen[0], seen.at(-1)];
  if (first?.round !== 0 || last === first || last.chosen === first.chosen) return null;
  return { first: first.heldout, last: last.heldout };
}
