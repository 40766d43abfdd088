/** The settings of a run: the schema's defaults, and what a thread was asked with. */

export const defaults = (schema) =>
  Object.fromEntries(Object.entries(schema?.properties ?? {}).map(([k, f]) => [k, f.default ?? null]));

/** The settings that a thread was last asked with; other clients may put anything there. */
export function settingsIn({ metadata }) {
  const given = metadata?.settings;
  return given && typeof given === "object" && !Array.isArray(given) ? given : {};
}

/** What a run is set up with, as far as its thread tells. */
export function setupOf(thread, schema) {
  const { mode, depth, width, policy, critic, reward } = { ...defaults(schema), ...settingsIn(thread) };
  return { mode, depth, width, policy, critic, reward };
}
