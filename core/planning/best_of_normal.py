"""How good the best of some normal draws is: a table per number of draws, made once per process."""

from __future__ import annotations

from functools import lru_cache
from math import erfc, sqrt

LIMIT, GRAIN = 6.0, 0.1  # how far the table goes on either side of 0, and in what steps


@lru_cache(maxsize=512)
def tails(texts: int) -> list[float]:
    """Return the integrals of 1 - Phi(y)**texts from each of a row of points on."""
    points = round(2 * LIMIT / GRAIN)
    rest = [1 - (erfc((LIMIT - nth * GRAIN) / sqrt(2)) / 2) ** texts for nth in range(points + 1)]
    sums = [0.0] * (points + 1)
    for nth in range(points - 1, -1, -1):
        sums[nth] = sums[nth + 1] + GRAIN * (rest[nth] + rest[nth + 1]) / 2
    return sums


def best_beyond(texts: float, start: float = -LIMIT) -> float:
    """Return how far the best of some standard normal texts lies beyond a point, on average."""
    sums = tails(max(1, round(texts)))
    place = (start + LIMIT) / GRAIN
    nth = int(place)
    if place <= 0 or nth >= len(sums) - 1:
        return sums[0] - place * GRAIN if place <= 0 else 0.0
    return sums[nth] + (place - nth) * (sums[nth + 1] - sums[nth])
