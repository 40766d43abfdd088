"""What the prompts of a round are made of: its texts, and how much of each fits."""

from __future__ import annotations

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.errors import PolicyError
from ..core.feedback import feedback_text
from ..core.pool import by_id
from ..core.state import State
from ..models.policy import Policy
from .earlier import earlier_advice
from .prompt_set import Critique

TEXTS_PER_PROMPT = 5  # query, chosen, rejected, loss, gradient


def critique_of(state: State, context: Context) -> Critique:
    """Return the texts of the current round that prompts are made of.

    Revision is the same loop without the rejected answer.
    """
    now, pool = state["rounds"][-1], state["candidates"]
    chosen = by_id(pool, now["chosen"])
    revise = context.mode == "revision" or (context.on_tie == "revise" and now["spread"] == 0)
    rejected = None if revise else by_id(pool, now["rejected"])
    if chosen is None:
        raise PolicyError(f"round {now['round']} has no chosen candidate to improve on")
    told = context.feedback == "show"
    earlier = earlier_advice(state["rounds"]) if context.mode == "adaptive" else ""
    return Critique(
        query=read_conversation(state["messages"]).text,
        chosen=chosen["text"],
        rejected=rejected["text"] if rejected else None,
        loss=now["loss"] or "",
        gradient=now["gradient"] or "",
        earlier=earlier,
        chosen_feedback=feedback_text(chosen) if told else "",
        rejected_feedback=feedback_text(rejected) if told and rejected else "",
    )


def clip_tokens(context: Context, policy: Policy) -> int:
    """Return how much of each text a prompt may show: the setting, or what the model holds."""
    if policy.context_tokens is None:
        return context.clip_tokens
    room = policy.context_tokens - min(context.max_tokens or 0, policy.context_tokens // 2) - 400
    return max(32, min(context.clip_tokens, room // TEXTS_PER_PROMPT))
