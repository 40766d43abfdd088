"""A prompt set: the texts of loss, gradient and update, and how they become messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from ..core.errors import PromptError
from ..core.prompt_template import Prompt, clip, quote
from ..core.special_tokens import as_text
from . import gradient, loss, shared_prefix, update
from .earlier import earlier_block
from .feedback import feedback_blocks

Step = Literal["loss", "gradient", "update"]


@dataclass(frozen=True)
class Critique:
    """The texts a step of the loop works on, whole and unquoted.

    Attributes:
        query: The request, led by system prompt and history where there are any.
        chosen: The pool's best answer.
        rejected: The pool's worst, or `None`.
        loss: The textual loss, once it is written.
        gradient: The textual gradient, once it is written.
        chosen_feedback: What the reward says of the chosen answer beside its number, or "".
        rejected_feedback: The same for the rejected answer.
        failed: Whether what is said of the chosen answer names checks that failed.
        earlier: What earlier rounds advised and what became of it, or "".
        best: The best answers, each with what the reward says of it, if one is to be made of them.
        number: Which of several critiques of the round it is, from 0, if there are several.
    """

    query: str
    chosen: str
    rejected: str | None = None
    loss: str = ""
    gradient: str = ""
    chosen_feedback: str = ""
    rejected_feedback: str = ""
    failed: bool = field(default=False, kw_only=True)
    earlier: str = ""
    best: Sequence[tuple[str, str]] = ()
    number: int | None = None


@dataclass(frozen=True)
class PromptSet:
    """The prompts of a run; replace any of them with `with_texts`.

    Attributes:
        name: As it is named in `Context.prompts`.
        loss_system: System prompt of the loss (of all steps, in a conversational set).
        loss: Contrasts chosen with rejected.
        loss_alone: Reviews chosen when there is no rejected answer.
        gradient_system: System prompt of the gradient.
        gradient: Turns the loss into changes.
        update_system: System prompt of the update.
        update: Asks for the improved answer.
        conversational: Whether the steps are turns of one growing conversation.

    Example:
        >>> DEFAULT.with_texts({"update_system": "You write plain English."}).update_system.text
        'You write plain English.'
    """

    name: str
    loss_system: Prompt
    loss: Prompt
    loss_alone: Prompt
    gradient_system: Prompt
    gradient: Prompt
    update_system: Prompt
    update: Prompt
    conversational: bool = False

    def with_texts(self, texts: Mapping[str, str]) -> PromptSet:
        """Return the set with some prompts reworded.

        Args:
            texts: Prompt name to text, for instance `{"update": "... {output}"}`.

        Raises:
            PromptError: unknown name, missing or unknown placeholder.

        Example:
            >>> DEFAULT.with_texts({"loss_system": "You are terse."}).name
            'default*'
        """
        names = [f.name for f in fields(self) if isinstance(getattr(self, f.name), Prompt)]
        if unknown := sorted(set(texts) - set(names)):
            raise PromptError(
                f"there is no prompt called {', '.join(unknown)}; the set has {', '.join(names)}"
            )
        changed: dict[str, Prompt] = {}
        for name, text in texts.items():
            try:
                changed[name] = getattr(self, name).replace(text)
            except PromptError as error:
                raise PromptError(f"prompt {name!r}: {error}") from None
        return replace(self, name=f"{self.name}*", **changed)  # type: ignore[arg-type]

    def render(
        self, step: Step, critique: Critique, *, clip_tokens: int, output: str = ""
    ) -> list[BaseMessage]:
        """Return the messages that ask for `step`.

        Args:
            step: Which text is wanted.
            critique: What it is about; longer texts than `clip_tokens` are clipped visibly.
            clip_tokens: About how many tokens of each text the model is shown.
            output: For the update, how to mark the answer.
        """
        if step == "update" and not self.conversational:  # its advice knows of the earlier one
            critique = replace(critique, earlier="")
        values = _values(critique, clip_tokens, output)
        first = self.loss if critique.rejected is not None else self.loss_alone
        asks = {"loss": first, "gradient": self.gradient, "update": self.update}
        if not self.conversational:
            system = {"loss": self.loss_system, "gradient": self.gradient_system}
            return _turn(system.get(step, self.update_system), asks[step], values)
        turns = _turn(self.loss_system, first, values)
        if step == "loss":
            return turns
        turns += [AIMessage(values["loss"]), HumanMessage(self.gradient.fill(values))]
        if step == "gradient":
            return turns
        return [*turns, AIMessage(values["gradient"]), HumanMessage(self.update.fill(values))]


def _turn(system: Prompt, ask: Prompt, values: Mapping[str, str]) -> list[BaseMessage]:
    return [SystemMessage(system.fill(values)), HumanMessage(ask.fill(values))]


def _values(critique: Critique, clip_tokens: int, output: str) -> dict[str, str]:
    def shown(text: str) -> str:
        return as_text(quote(clip(text, clip_tokens)))

    chosen, rejected = shown(critique.chosen), shown(critique.rejected or "")
    answers = f"<chosen_answer>\n{chosen}\n</chosen_answer>"
    if critique.rejected is not None:
        answers += f"\n\n<rejected_answer>\n{rejected}\n</rejected_answer>"
    said = critique.chosen_feedback, critique.rejected_feedback
    feedback = feedback_blocks(*said, clip_tokens) + earlier_block(critique.earlier)
    return {
        "query": shown(critique.query),
        "chosen": chosen,
        "rejected": rejected,
        "answers": answers + feedback,
        "feedback": feedback,
        "loss": shown(critique.loss),
        "gradient": shown(critique.gradient),
        "output": output,
    }


DEFAULT = PromptSet(
    name="default",
    loss_system=loss.LOSS_SYSTEM,
    loss=loss.LOSS,
    loss_alone=loss.LOSS_ALONE,
    gradient_system=gradient.GRADIENT_SYSTEM,
    gradient=gradient.GRADIENT,
    update_system=update.UPDATE_SYSTEM,
    update=update.UPDATE,
)

SHARED_PREFIX = PromptSet(
    name="shared-prefix",
    loss_system=shared_prefix.SYSTEM,
    loss=shared_prefix.LOSS,
    loss_alone=shared_prefix.LOSS_ALONE,
    gradient_system=shared_prefix.SYSTEM,
    gradient=shared_prefix.GRADIENT,
    update_system=shared_prefix.SYSTEM,
    update=shared_prefix.UPDATE,
    conversational=True,
)

SETS = {s.name: s for s in (DEFAULT, SHARED_PREFIX)}


def prompt_set(prompts: PromptSet | Mapping[str, str] | str) -> PromptSet:
    """Resolve what a caller gives as prompts.

    Args:
        prompts: A set, the name of one, or texts that replace some of the default ones.

    Raises:
        PromptError: an unknown name, or a text with wrong placeholders.
    """
    if isinstance(prompts, PromptSet):
        return prompts
    if isinstance(prompts, Mapping):
        return DEFAULT.with_texts(prompts)
    if prompts not in SETS:
        raise PromptError(f"there is no prompt set {prompts!r}; choose {' or '.join(SETS)}")
    return SETS[prompts]
