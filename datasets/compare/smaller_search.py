"""What a smaller search would have given, as far as the stored pools can tell without a call.

Two things can be told. Fewer rounds: what an arm had after round d is what depth d would have
given. Fewer first samples and no rounds: the mean of the best of every possible choice of n of the
first samples. Fewer samples in a search with rounds cannot be told: its critiques would have been
others.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from statistics import fmean

from ...core.pool import of_round, reward_of, with_reward
from ..records import RowPool
from .arm_folder import Arm
from .comparison import Smaller
from .matching import Matched
from .summaries import curve

Found = tuple[int, int, float, float]
"""Depth, width, mean reward, mean tokens."""
WIDTHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128)
ENOUGH = 0.9  # of the gain is what a recommended setting must reach


def expected_best(rewards: Sequence[float], size: int) -> float:
    """Return the mean of the best over all choices of some rewards.

    Args:
        rewards: The rewards of exchangeable samples.
        size: How many are chosen, 1 to all of them.

    Example:
        >>> round(expected_best([0.0, 1.0, 2.0], 2), 3)
        1.667
    """
    ways = comb(len(rewards), size)
    ordered = enumerate(sorted(rewards))
    return sum(value * comb(place, size - 1) / ways for place, value in ordered)


def smaller_searches(matched: Matched, arm: Arm) -> list[Smaller]:
    """Return what fewer rounds, and fewer samples without rounds, would have given.

    Args:
        matched: The rows.
        arm: The arm; its whole search counts, not only what equal cost leaves of it.

    Returns:
        By rising cost, the whole search last. Empty if the search gained nothing over one sample,
        for then no share of that can be said.
    """
    pools = [arm.pools[id] for id in matched.ids]
    first = [first_rewards(pool) for pool in pools]
    width = min(map(len, first))
    rounds = curve(matched, arm)
    single = best_of_first(first, 1) if width else 0.0
    if not width or not rounds or rounds[-1]["reward"] <= single:
        return []
    full = max(len(of_round(pool["candidates"], 0)) for pool in pools)
    found = [
        (0, size, best_of_first(first, size), tokens_of_first(matched, arm, size))
        for size in WIDTHS
        if size < width
    ]
    found += [(one["round"], full, one["reward"], one["tokens"]) for one in rounds]
    return [smaller_search(arm.name, one, single, found[-1]) for one in found]


def smaller_search(arm: str, one: Found, single: float, whole: Found) -> Smaller:
    """Return a smaller search beside the whole one and a single sample."""
    return Smaller(
        arm=arm,
        depth=one[0],
        width=one[1],
        reward=one[2],
        gain_share=(one[2] - single) / (whole[2] - single),
        token_share=one[3] / (whole[3] or 1.0),
    )


def first_rewards(pool: RowPool) -> list[float]:
    """Return the rewards of a row's first samples."""
    return [reward_of(c) for c in with_reward(of_round(pool["candidates"], 0))]


def best_of_first(first: Sequence[Sequence[float]], size: int) -> float:
    """Return the mean over rows of the expected best of some of its first rewards."""
    return fmean(expected_best(rewards, size) for rewards in first)


def tokens_of_first(matched: Matched, arm: Arm, size: int) -> float:
    """Return the mean over rows of what some first samples cost."""
    trails = [matched.trails[arm.name][id] for id in matched.ids]
    return fmean(stands[min(size, len(stands)) - 1].spend.tokens for stands in trails)


def recommended_search(found: Sequence[Smaller]) -> Smaller | None:
    """Return the cheapest search that reaches nine tenths of an arm's gain."""
    enough = [one for one in found if one["gain_share"] >= ENOUGH]
    return min(enough, key=lambda one: one["token_share"], default=None)
