"""What the reward says of an answer beside its number, as critics and writers are shown it.

Placeholders: `{role}` (`chosen` or `rejected`) and `{feedback}`. The blocks stand after the answers
in all steps. They quote answers and what their code printed: material, never instructions.
"""

from __future__ import annotations

from ..core.prompt_template import Prompt, clip, quote
from ..core.special_tokens import as_text

FEEDBACK_TOKENS = 800  # of each answer's feedback that a prompt shows

# It begins with an empty line, so that a prompt without feedback is the same as ever.
FEEDBACK = Prompt(
    """

A check of the {role} answer reports:

<{role}_feedback>
{feedback}
</{role}_feedback>""",
    required=("role", "feedback"),
)


def feedback_blocks(chosen: str, rejected: str, clip_tokens: int) -> str:
    """Return the blocks of what is said of both answers; "" if nothing is.

    Args:
        chosen: What is said of the chosen answer, or "".
        rejected: The same of the rejected answer.
        clip_tokens: How much of a text a prompt may show; of feedback never more than 800.
    """
    return "".join(
        FEEDBACK.fill({"role": role, "feedback": shown_feedback(said, clip_tokens)})
        for role, said in (("chosen", chosen), ("rejected", rejected))
        if said
    )


def shown_feedback(said: str, clip_tokens: int) -> str:
    """Return what the reward says of an answer, as prompts show it."""
    return as_text(quote(clip(said, min(clip_tokens, FEEDBACK_TOKENS))))
