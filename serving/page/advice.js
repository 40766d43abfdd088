/** What to try next, from what a finished run has shown: at most two sentences, the weightiest first. */
import { bestSoFar, heldoutOf } from "./gain.js";
import { count } from "./phrases.js";

const HARDLY = 0.1; // of the spread of the first samples: a gain below that is hardly one

/** "yes", "no", "hardly", "doubtful" (the held-out reward fell), "pick" (a person chose); "" if no round followed. */
export function verdictOf(view) {
  const { gain, rounds } = view;
  if (!gain?.texts_after) return "";
  if (gain.reward < 0) return "pick";
  if (gain.reward === 0) return "no";
  const heldout = heldoutOf(view);
  if (heldout && heldout.last < heldout.first) return "doubtful";
  return gain.reward < HARDLY * (rounds[0]?.std ?? 0) ? "hardly" : "yes";
}

export function adviceOf(view) {
  const given = [aboutTheReward(view), ...(view.gain?.texts_after ? aboutTheRounds(view) : [beginRounds(view)])];
  return given.filter(Boolean).slice(0, 2);
}

function aboutTheReward(view) {
  const heldout = heldoutOf(view);
  if (isDemonstration(view)) return "Name a real reward: this one looks at the surface only, so its figures say little.";
  if (verdictOf(view) === "doubtful" && heldout) {
    return "The two rewards disagree: read both answers, or mix the rewards and ask again.";
  }
  const first = view.rounds[0];
  if (first?.std === 0 && first.spread === 0) {
    return "The reward gives all first samples the same: use one that tells answers apart.";
  }
  return null;
}

const isDemonstration = (view) => /\bheuristic\b/.test(view.setup?.reward ?? "");

function beginRounds(view) {
  if (!view.setup || view.stop !== "depth") return null;
  const how = { best_of_n: "Mode adaptive", adaptive: "a depth" }[view.setup.mode] ?? "a depth and Mode adaptive";
  return `Only first samples were asked for: with ${how} the best one is rewritten where that pays.`;
}

function aboutTheRounds(view) {
  const rounds = Object.values(view.rounds);
  const updates = Object.values(view.candidates).filter((c) => c.round > 0);
  const broken = updates.filter((c) => c.error && c.reward == null).length;
  if (updates.length && 2 * broken >= updates.length) {
    return [`${broken} of ${count(updates.length, "update")} had no usable answer: try a stronger policy, or more Max tokens.`];
  }
  const verdict = verdictOf(view);
  if (verdict === "no" || verdict === "hardly") {
    const adaptive = view.setup?.mode === "adaptive";
    return [
      adaptive
        ? "Compare with best of N, for about the same price, or name a stronger policy."
        : "Compare with Mode adaptive or best of N, for about the same price, or name a stronger critic.",
    ];
  }
  if (verdict !== "yes") return [];
  const curve = bestSoFar(rounds);
  const peak = curve.findIndex((v) => v != null && v === curve.at(-1));
  if (peak < 1) return [];
  if (peak === curve.length - 1) return ["The last round still gained: one more may gain more."];
  return [`No round after round ${peak} gained: depth ${peak} gives this answer for less.`];
}

/** The width at which best-of-N writes about as many texts; null if that is what was asked, or no more. */
export function equalWidth(view, schema) {
  const texts = view.gain?.texts_after ? view.gain.texts : 0;
  const most = schema?.properties?.width?.maximum ?? Infinity;
  return texts && view.setup?.mode !== "best_of_n" ? Math.min(texts, most) : null;
}
