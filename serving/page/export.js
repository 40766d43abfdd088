/** A run as a file to download: JSON, or Markdown for people. */
import { dollars, integer, reward, seconds, stopSentence } from "./phrases.js";

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
      candidates: Object.values(view.candidates).map(({ complete: _, live: __, request: ___, ...c }) => c),
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
  const sections = ["# Question", fenced(view.query)];
  if (about.system) sections.push("System prompt:", fenced(about.system));
  if (view.answer) {
    sections.push("# Answer", fenced(view.answer.text));
    sections.push(`Reward ${reward(view.answer.reward)}, ${view.answer.candidate}. ${stopSentence(view.stop, view.setup)}`);
  }
  for (const round of Object.values(view.rounds)) {
    sections.push(`# Round ${round.round}`);
    for (const c of Object.values(view.candidates).filter((c) => c.round === round.round)) {
      const role = { [round.rejected]: " (rejected)", [round.chosen]: " (chosen)" }[c.id] ?? "";
      sections.push(`## ${c.id}${role}: ${c.error ?? reward(c.reward)}`, fenced(c.text ?? ""));
    }
    if (round.loss) sections.push("## Loss", fenced(round.loss));
    if (round.gradient) sections.push("## Gradient", fenced(round.gradient));
  }
  const { requests, input_tokens, output_tokens } = view.cost;
  sections.push("# Cost");
  sections.push(`${integer(requests)} requests, ${integer(input_tokens)} tokens in, ${integer(output_tokens)} out, ${seconds(view.cost.seconds)}, ${dollars(view.cost)}`);
  return `${sections.join("\n\n")}\n`;
}

/** Hand a text to the browser as a file. */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
