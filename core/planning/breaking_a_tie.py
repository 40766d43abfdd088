"""Which moves are likely to beat a tie: while all rewards are the same, a text hits or misses."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ..state import Candidate
from .expected_gain import all_miss
from .move_beliefs import HITS, HITS_IF_TOLD
from .moves_so_far import MOVES, made_by
from .round_split import Split

Odds = tuple[float, float]  # hits and misses of a Beta distribution
SPANS = 8  # how many lengths of the future are looked at, at most


def chances_to_break_a_tie(
    pool: Sequence[Candidate], splits: Sequence[Split], left: int, told: bool = False
) -> list[float]:
    """Return for each split the chance that it or a round after it beats the tie.

    What is learnt on the way is only that all have missed so far, so the whole future can be
    planned at once: some rounds like this one, all others fresh (or this one fresh, and some
    others alike). Of equal ways, the one that is likely to be done sooner is worth more.

    Args:
        pool: The candidates so far, all with the same reward.
        splits: The ways to divide the round; the first is all fresh.
        left: How many rounds there are after this one.
        told: Whether rewrites and advised texts go by what the reward says.
    """
    hits = HITS_IF_TOLD if told else HITS
    tried = [(hits[move][0], hits[move][1] + len(made_by(pool, move))) for move in MOVES]
    first, *others = splits
    values = [max(best_future(tried, first, other, first.fresh, left) for other in others)]
    values += [best_future(tried, split, split, first.fresh, left) for split in others]
    return [v + 0.001 * hit(tried, s) for v, s in zip(values, splits, strict=True)]


def best_future(tried: Sequence[Odds], now: Split, later: Split, fresh: int, left: int) -> float:
    """Return the chance of a hit if some of the rounds left, as many as is best, are like `later`.

    Args:
        tried: Of each move how likely a hit is against a miss, after the texts in vain.
        now: How this round is divided.
        later: How the rounds with a critique are divided.
        fresh: How many texts the other rounds have, all of them fresh.
        left: How many rounds there are after this one.
    """
    spans = {nth * left // SPANS for nth in range(SPANS + 1)}
    rest = {n: ((left - n) * fresh, 0, 0) for n in spans}
    return max(
        hit(tried, [a + n * b + c for a, b, c in zip(now, later, rest[n], strict=True)])
        for n in spans
    )


def hit(tried: Sequence[Odds], texts: Sequence[int]) -> float:
    """Return the chance that one of some texts beats the tie, after those that have not."""
    return 1 - prod(all_miss(*odds, more) for odds, more in zip(tried, texts, strict=True))
