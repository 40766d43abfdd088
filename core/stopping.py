"""When the loop ends: pure functions of the state and the context.

The routers ask before every step; `finish` asks once more to record the reason.
Because nothing is remembered, a fork or a resumed run with other settings decides again.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from .context import Context
from .dollars import usd_for_budget
from .moves import needs_critique, plan_of
from .overoptimisation import drift
from .planning.another_round import worth_another_round
from .pool import best, of_round, reward_of, with_reward
from .state import Candidate, State
from .stop_reason import StopReason
from .usage import Cost, cost, tokens_for_budget
from .vetoes import ruled_out

REQUESTS_PER_ROUND = 3  # loss, gradient, and at least one update


def spent(state: State) -> Cost:
    """Return what this turn has cost so far."""
    usage = state.get("usage")
    if not usage or usage["turn"] != state.get("turn", 0):
        return cost()
    return usage["total"]


def requests_left(state: State, context: Context) -> int | None:
    """Return how many more requests the budget allows, or `None` without a limit."""
    if not context.budget_requests:
        return None
    return max(0, context.budget_requests - spent(state)["requests"])


def verdicts_per_answer(state: State) -> int:
    """Return how many model requests the score of one answer has taken so far, rounded up."""
    usage = state.get("usage")
    rank = usage["phases"].get("rank") if usage else None
    return ceil(rank["requests"] / rank["scores"]) if rank and rank["scores"] else 0


def out_of_budget(state: State, context: Context) -> bool:
    """Return whether tokens, dollars or working seconds are used up."""
    paid = spent(state)
    return bool(
        (context.budget_tokens and tokens_for_budget(paid) >= context.budget_tokens)
        or (context.budget_usd and usd_for_budget(paid) >= context.budget_usd)
        or (context.budget_seconds and paid["seconds"] >= context.budget_seconds)
    )


def why_stop(state: State, context: Context) -> StopReason | None:
    """Return why the loop ends after a ranking, or `None` to go on.

    The answer is the pool's best, unless the reward was gamed (see `answer_of`): so that
    comes before the question whether the reward has reached its target.
    """
    pool, now = state["candidates"], state["round"]
    leader = best(pool)
    left = requests_left(state, context)
    critique = needs_critique(plan_of(state["rounds"][-1], context.mode, context.width))
    least_round = (REQUESTS_PER_ROUND if critique else 1) + verdicts_per_answer(state)
    spread = state["rounds"][-1]["spread"]
    # An answer that is revised alone needs no other; else a tie ends the search if that is set.
    alone = context.mode == "revision" or len(with_reward(pool)) < 2
    least = -1.0 if context.min_spread is None else context.min_spread
    # While all answers are vetoed, what is wrong with them is what the next round goes by.
    unfit = leader is None and bool(ruled_out(pool))
    nothing = now > 0 and not unfit and not with_reward(of_round(pool, now))
    moved = drift(state["rounds"], context.guard_tolerance)
    rules: list[tuple[StopReason | None, bool]] = [
        (state.get("halt"), bool(state.get("halt"))),
        ("budget", nothing and out_of_budget(state, context)),  # it cut the round short
        ("no_update", nothing),
        ("overoptimised", context.guard == "stop" and moved["overoptimised"]),
        (
            "target",
            context.target_reward is not None
            and leader is not None
            and reward_of(leader) >= context.target_reward,
        ),
        ("depth", now >= context.rounds),
        ("spread", not alone and (spread or 0.0) <= least),
        (
            "patience",
            bool(context.patience and leader and now - leader["round"] >= context.patience),
        ),
        ("price", not worth_its_price(pool, now, context)),
        ("budget", out_of_budget(state, context)),
        ("budget", left is not None and left < least_round),
    ]
    return next((reason for reason, holds in rules if holds), None)


def worth_its_price(pool: Sequence[Candidate], now: int, context: Context) -> bool:
    """Return whether the round after `now` is expected to gain what the settings ask of it."""
    if not context.round_price:
        return True
    return worth_another_round(
        pool,
        round=now,
        rounds=context.rounds,
        width=context.width,
        critique_texts=context.critique_texts,
        price=context.round_price,
        shown=context.shows_feedback,
    )


def why_break_off(state: State, context: Context) -> StopReason | None:
    """Return why a round under way (after loss or gradient) is broken off, or `None`."""
    return state.get("halt") or ("budget" if out_of_budget(state, context) else None)
