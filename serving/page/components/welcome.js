/** What the page shows before a question: what this is, and the form. */
import { html } from "../vendor/preact.js";
import { QuestionForm } from "./question_form.js";

const STEPS = [
  ["Sample", "One frozen model answers your question several times."],
  ["Rank", "A reward scores them. One is best, one is worst."],
  ["Loss", "The model says why the best beats the worst."],
  ["Gradient", "It says what to change in the best."],
  ["Update", "It rewrites the best that way. Then it is ranked again, and so on."],
];

export const Welcome = ({ session }) => html`
  <section class="welcome">
    <h1>One model, several drafts, and an editor’s pencil.</h1>
    <p class="lede">
      Test-time Preference Optimization aligns an answer while it is written: no training, and the weights
      stay as they are. You watch every draft, every score and every critique.
    </p>
    <ol class="steps">
      ${STEPS.map(
        ([name, sentence]) => html`<li class=${`step step-${name.toLowerCase()}`}>
          <h2>${name}</h2>
          <p>${sentence}</p>
        </li>`,
      )}
    </ol>
    <${QuestionForm} session=${session} />
  </section>
`;
