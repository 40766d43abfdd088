"""Differences between two arms, paired by row, and how many rows would decide them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import stdev

from .bootstrap import FEW, LEVEL, NORMAL, Column, Interval, Names, Resamples
from .comparison import Difference

POWER = 0.8  # how likely they decide it
FARTHEST = 100  # times the rows there are; beyond that it is not worth a number


def paired_difference(
    names: Names, measure: str, ours: Column, theirs: Column, resamples: Resamples
) -> Difference | None:
    """Return by how much one arm differs from another; `None` if fewer than two queries tell.

    Args:
        names: The arm, and the one it is held against.
        measure: What is measured, such as `reward`.
        ours: The arm's figure for each row; `None` where it has none.
        theirs: The same of the other.
        resamples: The resamples of these rows.
    """
    pairs = zip(ours, theirs, strict=True)
    apart = [None if a is None or b is None else a - b for a, b in pairs]
    found = resamples.interval(apart)
    if found is None:
        return None
    return Difference(
        arm=names[0],
        against=names[1],
        measure=measure,
        mean=found.mean,
        low=found.low,
        high=found.high,
        rows=sum(one is not None for one in apart),
        rows_to_decide=rows_to_decide(found, *resamples.by_query(apart)),
    )


def rows_to_decide(found: Interval, sums: Sequence[float], counts: Sequence[int]) -> int | None:
    """Return how many more rows would likely put zero outside the interval.

    Supposes that the mean stays what it is; "likely" is four times out of five.

    Args:
        found: The interval as it is.
        sums: For each query the sum of its differences.
        counts: For each query how many there are.

    Returns:
        The rows that are missing; `None` if it is decided, or if it would take more than a hundred
        times the rows there are.
    """
    means = [total / count for total, count in zip(sums, counts, strict=True) if count]
    if found.decided or found.mean == 0:
        return None
    reach = NORMAL.inv_cdf(0.5 + LEVEL / 2) + NORMAL.inv_cdf(POWER)
    needed = (reach * stdev(means) / found.mean) ** 2
    if needed > FARTHEST * len(means):
        return None
    each = sum(counts) / len(means)
    return max(1, math.ceil((max(needed, FEW) - len(means)) * each))
