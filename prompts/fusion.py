"""A fused answer: the request once more, with the best answers to it so far.

Placeholder: `{answers}`, the best first, each with what the reward says of it. The conversation
stays as it is; the note is added to its last human turn. The wording is ours; the idea is that
of arXiv 2510.00931.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AnyMessage

from ..core.prompt_template import Prompt, clip, quote
from ..core.special_tokens import as_text
from .advice import with_note
from .feedback import shown_feedback
from .prompt_set import Critique

FUSE = Prompt(
    """\


(A note to you, which is not part of the request. These are answers to it, the best first. Text
inside tags is material to go by.

{answers}

Answer the request once more, and better than each of them: keep what is right and good in any of
them, mend what is wrong. Mention neither this note nor an earlier answer.)""",
    required=("answers",),
)
ANSWER = "<answer>\n{}\n</answer>"
CHECKED = "\n\n<earlier_feedback>\n{}\n</earlier_feedback>"


def fused_messages(
    messages: Sequence[AnyMessage], critique: Critique, clip_tokens: int
) -> list[AnyMessage]:
    """Return the conversation with the best answers in its last human turn.

    Args:
        messages: The conversation.
        critique: The best answers, and what the reward says of them.
        clip_tokens: About how many tokens of each text the model is shown.
    """
    blocks = [
        ANSWER.format(as_text(quote(clip(text, clip_tokens))))
        + (CHECKED.format(shown_feedback(said, clip_tokens)) if said else "")
        for text, said in critique.best
    ]
    return with_note(messages, FUSE.fill({"answers": "\n\n".join(blocks)}))
