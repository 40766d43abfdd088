"""Intervals of a mean over rows, by bootstrap: queries are resampled, not rows.

Rows with the same query stand and fall together, so a resample takes all of a query's rows or none
(a cluster bootstrap). The percentiles are those of the "expanded percentile" interval: the plain
one is too narrow for few rows. (T. Hesterberg, "What teachers should know about the bootstrap",
2014, arXiv 1411.5279, section 5.3.) No resample of fewer than six queries lies beyond the lowest
and the highest of them, so two that agree would seem certain: there Student's interval is taken.

Only the standard library: what is drawn is drawn once and used for every measure, so 2,000
resamples of 500 rows take a second, and each further measure takes a tenth of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from random import Random
from statistics import NormalDist
from typing import NamedTuple

Names = tuple[str, str]
"""An arm, and the one it is held against."""
Column = Sequence[float | None]
"""One figure for each row; `None` where there is none."""
DRAWS = 2000
LEVEL = 0.95
FEW = 6  # queries: with fewer, even if all agree, that is chance in more than one case of twenty
ROUNDING = 1e-9  # of a mean: what lies closer together is the same
NORMAL = NormalDist()
OF_TWO_OR_THREE = {1: 12.706, 2: 4.303}  # where the series below falls short


class Interval(NamedTuple):
    """A mean with the ends of its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def decided(self) -> bool:
        """Whether zero lies outside."""
        return self.low > 0 or self.high < 0


class Resamples:
    """Which queries each resample draws, the same for every measure.

    Args:
        queries: What each row asks; rows with the same query are one cluster.
        seed: The same seed draws the same.

    Example:
        >>> Resamples(["a", "b", "c", "d"]).interval([1.0, 1.0, 1.0, 1.0])
        Interval(mean=1.0, low=0.0, high=2.0)
    """

    def __init__(self, queries: Sequence[str], seed: int = 0) -> None:
        self.places: dict[str, list[int]] = {}
        for place, query in enumerate(queries):
            self.places.setdefault(query, []).append(place)
        chance, every = Random(seed), range(len(self.places))  # noqa: S311  no secret
        self.draws = [
            itemgetter(*chance.choices(every, k=len(every)), 0)
            for _ in range(DRAWS if every else 0)
        ]

    def by_query(self, values: Column) -> tuple[list[float], list[int]]:
        """Return for each query the sum of its values, and how many it has."""
        groups = [
            [value for place in places if (value := values[place]) is not None]
            for places in self.places.values()
        ]
        return [sum(group) for group in groups], [len(group) for group in groups]

    def interval(self, values: Column) -> Interval | None:
        """Return the mean of what is there, with its interval; `None` for fewer than two queries.

        Args:
            values: One for each row, in the order of the queries; `None` where there is no value.
        """
        sums, counts = self.by_query(values)
        known = sum(count > 0 for count in counts)
        if known < 2:
            return None
        if known < FEW:
            return of_few(sums, counts)
        # The last place of a draw is there for its form alone: one place would be no tuple.
        means = sorted(
            sum(draw(sums)[:-1]) / rows for draw in self.draws if (rows := sum(draw(counts)[:-1]))
        )
        tail = expanded_tail(known)
        return Interval(
            sum(sums) / sum(counts), percentile(means, tail), percentile(means, 1 - tail)
        )


def of_few(sums: Sequence[float], counts: Sequence[int]) -> Interval:
    """Return the mean of a few queries with Student's interval.

    Values that are all the same do not show how far they spread. They count as undecided: the
    interval reaches as far as zero.

    Args:
        sums: For each query the sum of its values.
        counts: For each query how many there are.

    Example:
        >>> low_and_high = of_few([1.0, 3.0], [1, 1])[1:]
        >>> [round(end, 1) for end in low_and_high]
        [-10.7, 14.7]
    """
    known = sum(count > 0 for count in counts)
    mean = sum(sums) / sum(counts)
    squares = sum((one - mean * count) ** 2 for one, count in zip(sums, counts, strict=True))
    error = (squares * known / (known - 1)) ** 0.5 / sum(counts)
    reach = students_t(known - 1) * error if error > ROUNDING * abs(mean) else abs(mean)
    return Interval(mean, mean - reach, mean + reach)


def expanded_tail(queries: int) -> float:
    """Return the share of the resamples beyond each end; 0.025 for very many queries.

    Example:
        >>> round(expanded_tail(24), 4), round(expanded_tail(100_000), 4)
        (0.0173, 0.025)
    """
    wide = students_t(queries - 1) * (queries / (queries - 1)) ** 0.5
    return NORMAL.cdf(-wide)


def students_t(freedom: int) -> float:
    """Return how many standard errors Student's 95 % interval reaches (Abramowitz 26.7.5)."""
    if freedom in OF_TWO_OR_THREE:
        return OF_TWO_OR_THREE[freedom]
    z = NORMAL.inv_cdf(0.5 + LEVEL / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / float(freedom) ** power for power, term in enumerate(terms, start=1))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which a share of the ordered values lies, between two if need be."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
