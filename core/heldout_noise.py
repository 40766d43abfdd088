"""Whether a held-out reward really fell, or its noise only looks like it.

The scores of two chosen answers cannot tell: the higher one was the best of several, by luck
too, and a low one may be bad luck. So other answers of the two rounds are scored, which nobody
has chosen by them, and their means are compared by a t test. What differs within a
round is the noise. `benchmarks/guard.py` shows how often that is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist, fmean

WORTH_A_LOOK = 0.5  # standard deviations that the chosen answer must have fallen by
CHANCE = 0.025  # of seeing a fall that did not happen, at the first look; less at each further one
ROUNDING = 1e-6  # of a score's size: a fall this small does not count
LEAST = 2  # answers of a round, to know how they differ


def worth_a_look(fall: float, peak: Sequence[float]) -> bool:
    """Return whether the chosen answer fell by enough to score answers of its round too.

    Args:
        fall: By how much.
        peak: The scores of other answers of the round that it fell from.
    """
    if len(peak) < LEAST:
        return False
    return fall > WORTH_A_LOOK * sqrt(squares_of(peak) / (len(peak) - 1))


def fell(
    peak: Sequence[float], last: Sequence[float], all_rounds: Sequence[Sequence[float]]
) -> bool:
    """Return whether the scores of one round are lower than those of another beyond their noise.

    Args:
        peak: The scores of answers of the earlier round.
        last: Of the later one.
        all_rounds: Those of all rounds that were looked at, these two included: all say how
            scores differ within a round, and each look makes a chance hit more likely.

    Example:
        >>> rounds = [5.1, 4.9, 5.0], [2.0, 2.2, 2.1]
        >>> fell(*rounds, all_rounds=rounds)
        True
    """
    if min(len(peak), len(last)) < LEAST:
        return False
    known = [scores for scores in all_rounds if len(scores) >= LEAST]
    freedom = sum(len(scores) - 1 for scores in known)
    squares = sum(map(squares_of, known))
    error = sqrt(squares / freedom * (1 / len(peak) + 1 / len(last)))
    fall = fmean(peak) - fmean(last)
    least = ROUNDING * max(abs(fmean(peak)), abs(fmean(last)))
    looks = max(1, len(known) - 1)
    return fall > max(least, error * t_quantile(1 - CHANCE / looks, freedom))


def squares_of(scores: Sequence[float]) -> float:
    """Return the sum of the squared distances from the mean."""
    mean = fmean(scores)
    return sum((score - mean) ** 2 for score in scores)


def t_quantile(share: float, freedom: int) -> float:
    """Return the value that Student's t stays below with this probability.

    Cornish and Fisher's expansion about the normal distribution: within 3 % from 3 degrees of
    freedom on, for the shares that are used here.

    Example:
        >>> round(t_quantile(0.97, 6), 2)
        2.31
    """
    z: float = NormalDist().inv_cdf(share)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return sum(term / float(freedom**power) for power, term in enumerate(terms))
