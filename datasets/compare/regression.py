"""Logistic regression of a preference between 0 and 1, by Newton's method.

A slight pull towards zero keeps the result finite if one side wins every time. For a handful of
terms and some thousand rows the standard library is quick enough.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

PULL = 0.01  # little beside even a few rows
PASSES = 50
CLOSE = 1e-10

Matrix = list[list[float]]


def logistic(x: float) -> float:
    """Return the chance that belongs to log-odds; never overflows."""
    if x < 0:
        return 1.0 - logistic(-x)
    return 1.0 / (1.0 + math.exp(-x))


def weights_of(terms: Sequence[Sequence[float]], outcomes: Sequence[float]) -> list[float]:
    """Return the weight of each term that makes the outcomes most likely.

    Args:
        terms: For each row the values of its terms; a term that is always 1 is the intercept.
        outcomes: For each row 1.0 for a win, 0.0 for a loss, 0.5 for a tie.

    Example:
        >>> [round(w, 2) for w in weights_of([[1.0]] * 4, [1.0, 1.0, 1.0, 0.0])]
        [1.08]
    """
    weights = [0.0] * len(terms[0])
    for _ in range(PASSES):
        slope, curve = slope_and_curve(terms, outcomes, weights)
        step = solved(curve, slope)
        largest = max(map(abs, step))
        weights = [w + s / max(1.0, largest) for w, s in zip(weights, step, strict=True)]
        if largest < CLOSE:
            break
    return weights


def slope_and_curve(
    terms: Sequence[Sequence[float]], outcomes: Sequence[float], weights: Sequence[float]
) -> tuple[list[float], Matrix]:
    """Return how the likelihood rises with each weight, and how that rise falls."""
    size = range(len(weights))
    slope = [-PULL * w for w in weights]
    curve = [[PULL if i == j else 0.0 for j in size] for i in size]
    for row, outcome in zip(terms, outcomes, strict=True):
        chance = logistic(sum(w * x for w, x in zip(weights, row, strict=True)))
        rest, spread = outcome - chance, chance * (1.0 - chance)
        for i in size:
            slope[i] += rest * row[i]
            for j in size:
                curve[i][j] += spread * row[i] * row[j]
    return slope, curve


def solved(matrix: Matrix, right: Sequence[float]) -> list[float]:
    """Solve a few linear equations by elimination; the matrix is positive definite."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = [x / rows[i][i] for x in rows[i]]
        rows = [[x - row[i] * y for x, y in zip(row, pivot, strict=True)] for row in rows]
        rows[i] = pivot
    return [row[-1] for row in rows]
