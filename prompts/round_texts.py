"""What the prompts of a round are made of: its texts, and how much of each fits."""

from __future__ import annotations

from dataclasses import replace

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.errors import PolicyError
from ..core.failure import failure_of
from ..core.faults import MOST_VERSIONS, failed_checks, faults_text, with_other_faults
from ..core.feedback import feedback_text
from ..core.moves import plan_of
from ..core.planning.fusion import best_few
from ..core.pool import by_id, with_reward
from ..core.round_critique import RoundCritique, critiques_in
from ..core.state import Candidate, State
from ..models.policy import Policy
from .advice import advised_messages
from .answer_form import form_note
from .earlier import earlier_advice
from .fusion import fused_messages
from .prompt_set import Critique
from .rewrite import ask_again

TEXTS_PER_PROMPT = 5  # query, chosen, rejected, loss, gradient


def critique_of(state: State, context: Context, critique: RoundCritique | None = None) -> Critique:
    """Return the texts of the current round that prompts are made of.

    Revision is the same loop without the rejected answer.

    Args:
        state: The run, with a chosen answer.
        context: Its settings.
        critique: Which of the round's critiques; the first, if none is given.
    """
    now, pool = state["rounds"][-1], state["candidates"]
    of = critique or critiques_in(now)[0]
    chosen = by_id(pool, now["chosen"])
    revise = context.mode == "revision" or (context.on_tie == "revise" and now["spread"] == 0)
    rejected = None if revise else by_id(pool, of["rejected"])
    if chosen is None:
        raise PolicyError(f"round {now['round']} has no chosen candidate to improve on")
    told = context.shows_feedback
    earlier = earlier_advice(state["rounds"], pool) if context.mode == "adaptive" else ""
    return Critique(
        query=read_conversation(state["messages"]).text + form_note(context.answer_schema),
        chosen=chosen["text"],
        rejected=rejected["text"] if rejected else None,
        loss=of["loss"] or "",
        gradient=of["gradient"] or "",
        earlier=earlier,
        chosen_feedback=feedback_text(chosen) if told else "",
        rejected_feedback=feedback_text(rejected) if told and rejected else "",
    )


def every_critique(state: State, context: Context) -> list[Critique]:
    """Return the texts of the current round for each of its critiques, numbered if several."""
    several = critiques_in(state["rounds"][-1])
    return [
        replace(critique_of(state, context, one), number=nth if len(several) > 1 else None)
        for nth, one in enumerate(several)
    ]


def advice_of(state: State, context: Context, most: int) -> list[tuple[int, Critique]]:
    """Return what the advised answers of a round may go by, each with the chosen answer's round.

    One has the faults of the chosen answer, the next also those of a good one with other faults:
    so answers under advice differ. Of several critiques they go by those that the rewrites have
    left, then by the others.

    Args:
        state: The run, with a chosen answer.
        context: Its settings.
        most: How many are needed.
    """
    now, pool, critiques = state["rounds"][-1], state["candidates"], every_critique(state, context)
    told = context.shows_feedback
    chosen = next(c for c in pool if c["id"] == now["chosen"])
    others = with_other_faults(pool, chosen, min(most, MOST_VERSIONS)) if told else []
    others = others or [chosen]
    rewrites = plan_of(now, context.mode, context.width)["rewrite"]
    return [
        (chosen["round"], by_faults(critique, told, chosen, others[k % len(others)]))
        for k in range(max(len(others), len(critiques)))
        for critique in [critiques[(rewrites + k) % len(critiques)]]
    ]


def drafts_of(state: State, context: Context, most: int) -> list[tuple[int, Critique]]:
    """Return the answers that may be rewritten without a critique, each with its round and faults.

    They are the chosen one and others with the same reward and other faults, unless a person chose.

    Args:
        state: The run, with a chosen answer.
        context: Its settings.
        most: How many are needed.
    """
    critique, now, pool = critique_of(state, context), state["rounds"][-1], state["candidates"]
    told = context.shows_feedback
    equal = [c for c in pool if c["id"] == now["chosen"]]
    if told and now["picked_by"] == "reward":
        others = with_other_faults(pool, equal[0], len(pool))
        same = [c for c in with_reward(others) if c["reward"] == equal[0]["reward"]]
        equal += [c for c in same if c not in equal]
    drafts = equal[: min(most, MOST_VERSIONS)]
    return [(c["round"], by_faults(replace(critique, chosen=c["text"]), told, c)) for c in drafts]


def by_faults(critique: Critique, told: bool, *answers: Candidate) -> Critique:
    """Return a critique that goes by what is wrong with answers, if models are told of that."""
    failed = any(check.get("passed") is False for check in failed_checks(*answers))
    vetoed = any(failure_of(answer) == "vetoed" for answer in answers)
    said = faults_text(*answers) if told else ""
    return replace(critique, chosen_feedback=said, failed=failed or vetoed)


def answers_to_fuse(state: State, context: Context, most: int) -> list[tuple[int, Critique]]:
    """Return the best answers, from which one is made, with the round of the very best."""
    told, few = context.shows_feedback, best_few(state["candidates"])
    best = [(c["text"], feedback_text(c) if told else "") for c in few]
    return [(few[0]["round"], replace(critique_of(state, context), best=best))]


LEARNT = {
    "advised": (advice_of, advised_messages),
    "rewrite": (drafts_of, ask_again),
    "fused": (answers_to_fuse, fused_messages),
}
"""For each move that goes by earlier answers: what it goes by, and how it is asked for."""


def clip_tokens(context: Context, policy: Policy) -> int:
    """Return how much of each text a prompt may show: the setting, or what the model holds."""
    if policy.context_tokens is None:
        return context.clip_tokens
    room = policy.context_tokens - min(context.max_tokens or 0, policy.context_tokens // 2) - 400
    return max(32, min(context.clip_tokens, room // TEXTS_PER_PROMPT))
