/** The scales of bars and plots: a small difference looks small. */

const LEAST = 0.25; // of the size of the rewards: rewards closer than that have bars as close
const NEAR = 0.05; // the same for plots; closer ends could have the same label

/**
 * The lowest and highest reward of the pool, on which every bar is drawn. If they lie close
 * together the scale reaches lower, so that 2.13 beside 2.14 does not look like nothing beside all.
 */
export function barScale(rewards) {
  const known = rewards.filter(Number.isFinite);
  if (!known.length) return null;
  const [lowest, high] = [Math.min(...known), Math.max(...known)];
  const least = LEAST * Math.max(Math.abs(lowest), Math.abs(high));
  return { low: Math.min(lowest, high - least), high };
}

/** How much of a bar is filled, in percent. */
export function barWidth(reward, scale) {
  if (reward == null || !scale) return 0;
  const span = scale.high - scale.low;
  return 4 + 96 * (span > 0 ? (reward - scale.low) / span : 1);
}

/** The ends of an axis, with room on both sides of rewards that lie close together. */
export function axisEnds(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (NEAR * Math.max(Math.abs(low), Math.abs(high)) - (high - low)) / 2;
  return high > low && room > 0 ? [low - room, high + room] : [low, high];
}
