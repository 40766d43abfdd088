"""Whether one more round is worth its price: optimal stopping on the rewards seen so far.

As in arXiv 2510.01394 a round is a box with a price: it is opened while what it can be expected
to gain over the best reward so far is more than it costs. The expectation is that of `plan_round`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..pool import with_reward
from ..state import Candidate
from .breaking_a_tie import chances_to_break_a_tie
from .move_beliefs import beliefs_of
from .moves_so_far import spread_of
from .round_plan import is_told
from .round_split import ways_to_divide
from .round_worth import gains


def worth_another_round(
    pool: Sequence[Candidate],
    *,
    round: int,
    rounds: int,
    width: int,
    critique_texts: int = 2,
    price: float = 0.0,
    shown: bool = True,
) -> bool:
    """Return whether the next round is expected to gain as much as it costs.

    Args:
        pool: The turn's candidates so far, in any order.
        round: The round that was just ranked, 0 after the first samples.
        rounds: How many rounds there are after the first samples.
        width: Texts of a round with a critique, from 1.
        critique_texts: What a critique costs, in texts.
        price: What a round must gain, in standard deviations of the fresh rewards; while all
            rewards are the same, the chance of beating them, divided by the rounds left. With 0
            no round is too dear: the rule is off.
        shown: Whether models are shown what the reward says beside its number.

    Returns:
        `True` if this round, or the average of all that are left, is worth its price; also if no
        answer can be used yet.

    Example:
        >>> worth_another_round([], round=0, rounds=2, width=5, price=0.1)
        True
    """
    if price <= 0 or not with_reward(pool):
        return True
    left, spread = max(0, rounds - round - 1), spread_of(pool)
    told = shown and is_told(pool)
    splits = ways_to_divide(width, critique_texts, told)
    if not spread:
        return max(chances_to_break_a_tie(pool, splits, left, told)) / (left + 1) >= price
    nows, laters = gains(beliefs_of(pool, spread, counts=0.0), splits, left)
    wholes = map(sum, zip(nows, laters, strict=True))
    return max(*nows, max(wholes) / (left + 1)) >= price
