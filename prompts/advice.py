"""An advised answer: the request once more, with what was learnt from an earlier answer to it.

The earlier answer itself is not shown: a weak draft is copied where a good check would have helped.
Placeholders: `{feedback}` (what the reward says of earlier answers, or nothing) and `{gradient}`.
The conversation stays as it is; the advice is added to its last human turn. The wording is ours,
the plainest of three that were tried on a small model.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AnyMessage, HumanMessage

from ..core.message_text import message_words
from ..core.prompt_template import Prompt, clip, quote
from ..core.special_tokens import as_text
from .feedback import shown_feedback
from .prompt_set import Critique

ADVICE = Prompt(
    "{feedback}{gradient}\n\nDo not mention earlier answers.", required=("feedback", "gradient")
)
CHECKED = Prompt(
    """\


Earlier answers failed a check. Take care that yours passes it:

<earlier_feedback>
{feedback}
</earlier_feedback>""",
    required=("feedback",),
)
REPORTED = Prompt(
    """\


A check of earlier answers reports this. Take care that yours does better:

<earlier_feedback>
{feedback}
</earlier_feedback>""",
    required=("feedback",),
)
TO_CHANGE = Prompt(
    "\n\nWhat your answer should do otherwise:\n\n<gradient>\n{gradient}\n</gradient>",
    required=("gradient",),
)


def advised_messages(
    messages: Sequence[AnyMessage], critique: Critique, clip_tokens: int
) -> list[AnyMessage]:
    """Return the conversation with the advice in its last human turn.

    Args:
        messages: The conversation.
        critique: What is known of earlier answers; if nothing is, the conversation stays as it is.
        clip_tokens: About how many tokens of each text the model is shown.
    """
    checked = CHECKED if critique.failed else REPORTED
    learnt = what_was_learnt(critique, clip_tokens, checked, TO_CHANGE)
    if not any(learnt.values()):
        return list(messages)
    return with_note(messages, ADVICE.fill(learnt))


def with_note(messages: Sequence[AnyMessage], advice: str) -> list[AnyMessage]:
    """Return a conversation with a note in its last human turn."""
    asked = [i for i, m in enumerate(messages) if isinstance(m, HumanMessage) and message_words(m)]
    return [with_advice(m, advice) if i == asked[-1] else m for i, m in enumerate(messages)]


def what_was_learnt(
    critique: Critique, clip_tokens: int, checked: Prompt, to_change: Prompt
) -> dict[str, str]:
    """Return what the reward says of earlier answers, and what to change, as these prompts say it.

    Each is "" if there is nothing to say.
    """
    # Without a critique both are a person's, who may have written a loss alone.
    said, gradient = critique.chosen_feedback, critique.gradient or critique.loss
    feedback = shown_feedback(said, clip_tokens)
    changes = as_text(quote(clip(gradient, clip_tokens)))
    return {
        "feedback": checked.fill({"feedback": feedback}) if said else "",
        "gradient": to_change.fill({"gradient": changes}) if gradient else "",
    }


def with_advice(message: AnyMessage, advice: str) -> AnyMessage:
    """Return a message with the advice at its end."""
    content = message.content
    if isinstance(content, str):
        return message.model_copy(update={"content": content + advice})
    return message.model_copy(update={"content": [*content, {"type": "text", "text": advice}]})
