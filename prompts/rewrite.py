"""A rewrite without a critique: the conversation, an answer to it, and what its check said.

The reply is the answer, without tags: weak models forget those. Placeholders: `{feedback}` (what
the reward says of that answer, or nothing) and `{gradient}` (nothing, unless a person wrote one).
The wording is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from ..core.prompt_template import Prompt, clip
from .advice import what_was_learnt
from .prompt_set import Critique

AGAIN = Prompt(
    """\
Your answer was checked. Text inside tags is material to go by.{feedback}{gradient}

Write the whole answer again: mend these faults and keep the rest. Reply with the answer alone, and
mention neither the check nor an earlier answer.""",
    required=("feedback", "gradient"),
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
    return [*messages, draft, HumanMessage(AGAIN.fill(what_was_learnt(critique, clip_tokens)))]
