"""A rewrite without a critique: the conversation, an answer to it, and what its check said.

The reply is the answer, without tags: weak models forget those. Placeholders: `{feedback}` (what
the reward says of that answer, or nothing) and `{gradient}` (nothing, unless a person wrote one).
The wording is ours. It is short: told to "mend these faults and keep the rest", a small model
answered with these words in four of ten replies.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from ..core.prompt_template import Prompt, clip
from .advice import what_was_learnt
from .prompt_set import Critique

AGAIN = Prompt(
    "{feedback}{gradient}Please correct it. Reply with the corrected answer alone.",
    required=("feedback", "gradient"),
)
FAILED = Prompt(
    "That answer failed a check:\n\n<earlier_feedback>\n{feedback}\n</earlier_feedback>\n\n",
    required=("feedback",),
)
REPORTED = Prompt(
    "A check of that answer reports:\n\n<earlier_feedback>\n{feedback}\n</earlier_feedback>\n\n",
    required=("feedback",),
)
OTHERWISE = Prompt(
    "What should be done otherwise:\n\n<gradient>\n{gradient}\n</gradient>\n\n",
    required=("gradient",),
)


def ask_again(
    messages: Sequence[AnyMessage], critique: Critique, clip_tokens: int
) -> list[AnyMessage]:
    """Return the conversation with an answer to it, and the request to write that again.

    Args:
        messages: The conversation.
        critique: The answer, and what the reward says of it.
        clip_tokens: About how many tokens of each text the model is shown.
    """
    draft = AIMessage(clip(critique.chosen, clip_tokens))
    checked = FAILED if critique.failed else REPORTED
    learnt = what_was_learnt(critique, clip_tokens, checked, OTHERWISE)
    return [*messages, draft, HumanMessage(AGAIN.fill(learnt))]
