"""From wins in pairs to one number per answer: the Bradley-Terry model.

`P(i beats j) = 1 / (1 + exp(r_j - r_i))`; ties count as half a win for each side. Every
answer also has one tie with an average answer, so that a sweep gives a finite rating.

The most likely ratings are found by Newton's method, its equations solved by conjugate
gradients. All sums are exact (`fsum`), so the order of the answers changes no bit; the
better known minorise-maximise steps need thousands of passes for a clear order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

STEPS = 100  # about 10 are used
NEAR = 1e-11  # further steps would change no digit that is kept
Vector = list[float]


def ratings(wins: Sequence[Sequence[float]]) -> Vector:
    """Rate answers by their wins over each other.

    Args:
        wins: `wins[i][j]` is how often i beat j; a tie is 0.5 for both.

    Returns:
        One rating each, in log-odds units; the average answer is at 0. Equal records get
        equal ratings, exactly.

    Example:
        >>> [round(r, 2) for r in ratings([[0, 2], [0, 0]])]
        [1.01, -1.01]
    """
    count = len(wins)
    rated = [0.0] * count
    for _ in range(STEPS):
        step = _solve(*_slope(wins, rated))
        largest = max((abs(s) for s in step), default=0.0)
        rated = [r + s / max(1.0, largest) for r, s in zip(rated, step, strict=True)]
        if largest < NEAR:
            break
    return [round(r, 9) + 0.0 for r in rated]


def _slope(
    wins: Sequence[Sequence[float]], rated: Vector
) -> tuple[Vector, Callable[[Vector], Vector]]:
    """Return how the likelihood rises with each rating, and its curvature as a product."""
    places = range(len(wins))
    rise, curve = [], []
    for i in places:
        games = [wins[i][j] + wins[j][i] for j in places]
        odds = [_chance(rated[i] - rated[j]) for j in places]
        own = _chance(rated[i])  # the tie with the average answer
        gained = [wins[i][j] - games[j] * odds[j] for j in places if j != i]
        rise.append(math.fsum([*gained, 0.5 - own]))
        curve.append([games[j] * odds[j] * _chance(rated[j] - rated[i]) for j in places])
        curve[i][i] = own * _chance(-rated[i])

    def times(vector: Vector) -> Vector:
        return [
            math.fsum(
                curve[i][j] * (vector[i] - vector[j] if j != i else vector[i]) for j in places
            )
            for i in places
        ]

    return rise, times


def _chance(difference: float) -> float:
    """Return how likely a win is; never overflows."""
    if difference < 0:
        return 1.0 - _chance(-difference)
    return 1.0 / (1.0 + math.exp(-difference))


def _solve(rise: Vector, times: Callable[[Vector], Vector]) -> Vector:
    """Solve `times(step) = rise` by conjugate gradients."""
    step, rest, way = [0.0] * len(rise), rise, rise
    left = goal = _product(rest, rest)
    for _ in range(2 * len(rise)):
        if left <= goal * 1e-24:
            break
        bent = times(way)
        far = left / _product(way, bent)
        step = [s + far * w for s, w in zip(step, way, strict=True)]
        rest = [r - far * b for r, b in zip(rest, bent, strict=True)]
        before, left = left, _product(rest, rest)
        way = [r + left / before * w for r, w in zip(rest, way, strict=True)]
    return step


def _product(a: Vector, b: Vector) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))
