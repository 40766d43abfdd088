/** A run to take away: as JSON, or as Markdown for people. */
import { reward, seconds, whole, why } from "./words.js";

export const asJson = (view, about) =>
  JSON.stringify(
    {
      query: view.query,
      system: about.system || undefined,
      answer: view.answer?.text ?? null,
      reward: view.answer?.reward ?? null,
      stop_reason: view.stop,
      setup: view.setup,
      settings: about.settings,
      rounds: Object.values(view.rounds),
      candidates: Object.values(view.candidates).map(({ whole: _, live: __, request: ___, ...c }) => c),
      cost: view.cost,
    },
    null,
    2,
  );

/** A fence longer than any in the text, so that the text cannot end it. */
function fenced(text) {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

export function asMarkdown(view, about) {
  const parts = ["# Question", fenced(view.query)];
  if (about.system) parts.push("System prompt:", fenced(about.system));
  if (view.answer) {
    parts.push("# Answer", fenced(view.answer.text));
    parts.push(`Reward ${reward(view.answer.reward)}, ${view.answer.candidate}. ${why(view.stop, view.setup)}`);
  }
  for (const round of Object.values(view.rounds)) {
    parts.push(`# Round ${round.round}`);
    for (const c of Object.values(view.candidates).filter((c) => c.round === round.round)) {
      const role = { [round.rejected]: " (rejected)", [round.chosen]: " (chosen)" }[c.id] ?? "";
      parts.push(`## ${c.id}${role}: ${c.error ?? reward(c.reward)}`, fenced(c.text ?? ""));
    }
    if (round.loss) parts.push("## Loss", fenced(round.loss));
    if (round.gradient) parts.push("## Gradient", fenced(round.gradient));
  }
  const { requests, input_tokens: read, output_tokens: wrote } = view.cost;
  parts.push("# Cost");
  parts.push(`${whole(requests)} requests, ${whole(read)} tokens in, ${whole(wrote)} out, ${seconds(view.cost.seconds)}`);
  return `${parts.join("\n\n")}\n`;
}

/** Hand a text to the browser as a file. */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
