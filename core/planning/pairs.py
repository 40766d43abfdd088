"""Which answers the critiques of a round hold the best one against: each another bad one.

Several critiques of one pair say much the same, and the updates that follow them are near copies.
Another worse answer has other faults, so the critic sees other reasons why the best is better.
"""

from __future__ import annotations

from ..context import Context
from ..moves import plan_of
from ..pool import by_id, reward_of, with_reward
from ..round_critique import RoundCritique
from ..state import State


def critiques_wanted(state: State, context: Context) -> int:
    """Return how many critiques the round is to have: no more than the answers that go by them.

    One if the run does not plan, a person wrote it, or the chosen answer is revised alone.
    """
    now = state["rounds"][-1]
    plan = plan_of(now, context.mode, context.width)
    alone = context.on_tie == "revise" and now["spread"] == 0
    if context.mode != "adaptive" or now.get("by_hand") or alone:
        return 1
    return max(1, min(context.critiques, plan["rewrite"] + plan["advised"]))


def to_criticise(state: State, context: Context, most: float) -> list[RoundCritique]:
    """Return the critiques that are to be written, as pairs of the chosen answer and another.

    The first pair is the round's own. Then come the worst answers with other texts: those that a
    reward has ranked, so none that was vetoed or could not be scored.

    Args:
        state: The run, with a ranked round.
        context: Its settings.
        most: How many the budget pays for, with an answer that goes by each; one is written anyway.
    """
    now, pool = state["rounds"][-1], state["candidates"]
    pair = [by_id(pool, now[role]) for role in ("chosen", "rejected")]
    shown = {c["text"] for c in pair if c}
    others: dict[str, str] = {}
    for c in sorted(with_reward(pool), key=reward_of):
        if c["text"] not in shown:
            others.setdefault(c["text"], c["id"])
    ids = [now["rejected"], *others.values()]
    number = int(min(critiques_wanted(state, context), max(1, most)))
    return [RoundCritique(rejected=one, loss=None, gradient=None) for one in ids[:number]]


def unused(context: Context) -> str:
    """Return why a run has one critique per round though its settings ask for several; else ""."""
    if context.critiques == 1 or context.mode == "adaptive":
        return ""
    return (
        f"critiques={context.critiques} is for mode=adaptive: mode={context.mode} has "
        f"{'none' if context.mode == 'best_of_n' else 'one per round'}"
    )
