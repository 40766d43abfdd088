"""The length-controlled win rate: what the win rate would be if the answers were equally long.

AlpacaEval 2 regresses the preference on three terms: which model, the difference in length, and how
difficult the instruction is,

    logit P(arm preferred) = theta + phi * tanh(d / std(d)) + psi * gamma(x)

with d the difference in characters, and reports the mean chance with the middle term at zero.
(Y. Dubois et al., "Length-controlled AlpacaEval", 2024, arXiv 2404.04475; their code is
`alpaca_eval/metrics/glm_winrate.py`.)

What is simpler here: they know gamma(x) from the answers of many models, and pull phi towards that
of two models that are told to be brief or wordy. Of two arms on rows of your own neither is known:
without `difficulty` the last term is left out, and the pull is a slight one towards zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from .regression import logistic, weights_of

BOTH_WAYS = 0.05  # of the rows must be longer, and as many shorter, to tell length from the rest


def length_controlled(
    outcomes: Sequence[float],
    lengths: Sequence[float],
    difficulty: Sequence[float] | None = None,
) -> float | None:
    """Return how often an arm would win if its answers were as long as the other's.

    Args:
        outcomes: For each row 1.0 if the arm wins, 0.0 if it loses, 0.5 for a tie.
        lengths: For each row how much longer the arm's answer is, in characters.
        difficulty: How hard each query is, on any scale around 0, if that is known.

    Returns:
        The win rate, 0 to 1. `None` if the arm is nearly always the longer one, or nearly always
        the shorter one: nothing then tells what length does from what the arm does.

    Example:
        >>> length_controlled([1.0, 0.0, 1.0, 0.0], [50, -50, 40, -40])
        0.5
    """
    if len(outcomes) < 2 or not length_told_apart(lengths):
        return None
    scale = stdev(lengths) or 1.0
    hard = difficulty or [0.0] * len(outcomes)
    terms = [
        [1.0, math.tanh(length / scale), level] for length, level in zip(lengths, hard, strict=True)
    ]
    theta, _, psi = weights_of(terms, outcomes)
    return round(fmean(logistic(theta + psi * level) for level in hard), 6)


def length_told_apart(lengths: Sequence[float]) -> bool:
    """Return whether there are enough rows on both sides of equal length."""
    if not any(lengths):
        return True
    longer, shorter = sum(d > 0 for d in lengths), sum(d < 0 for d in lengths)
    return min(longer, shorter) >= max(1, BOTH_WAYS * len(lengths))
