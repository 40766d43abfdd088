"""How much further texts can be expected to gain: the statistics of `core/round_plan.py`.

Everything is in units of the run's own spread and counted from the best reward so far, so that
rewards of any unit are treated alike. What is believed of a move is a normal-inverse-gamma
posterior, as in AB-MCTS-A (arXiv 2503.04412): a mean, how sure it is, and how far texts scatter
around it. Texts of one move share their mean, and so their luck: three texts of two moves are worth
more than three of one if both are unknown. That falls out of the integral below.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, lgamma, sqrt
from typing import NamedTuple

# Where an improvement is looked at: distances above the best reward, in spreads.
STEPS = (0.0, 0.03, 0.08, 0.15, 0.25, 0.4, 0.6, 0.85, 1.15, 1.5, 2.0, 2.6, 3.4, 4.5, 6.0)
# A normal variable in five points (Gauss-Hermite), and in three.
FIVE = ((-2.857, 0.01126), (-1.3556, 0.22208), (0.0, 0.53332), (1.3556, 0.22208), (2.857, 0.01126))
THREE = ((-1.7321, 1 / 6), (0.0, 2 / 3), (1.7321, 1 / 6))


class Belief(NamedTuple):
    """What is believed of the rewards of one move, counted from the best reward so far."""

    mean: float
    """The expected reward of one text."""
    sd: float
    """How far texts scatter around the mean."""
    weight: float
    """How many texts the mean is worth: those seen and those the prior stands for."""
    usable: float = 1.0
    """The share of texts that can be used at all."""

    @property
    def doubt(self) -> float:
        """How far the true mean may be from `mean`: one standard deviation."""
        return self.sd / sqrt(self.weight)


def learn(seen: Sequence[tuple[float, float]], mean: float, weight: float, sd: float) -> Belief:
    """Return what is believed after some rewards.

    Args:
        seen: Pairs of reward and how much it counts, from 0 to 1.
        mean: What was expected before.
        weight: How many texts that expectation is worth.
        sd: What scatter was expected before; worth `weight` texts, and at least two.
    """
    n = sum(counts for _, counts in seen)
    if not n:
        return Belief(mean, sd, weight)
    average = sum(value * counts for value, counts in seen) / n
    squares = sum(counts * (value - average) ** 2 for value, counts in seen)
    surprise = weight * n / (weight + n) * (average - mean) ** 2
    sure = max(weight, 2.0)
    variance = (sure * sd * sd + squares + surprise) / (sure + n)
    return Belief((weight * mean + n * average) / (weight + n), sqrt(variance), weight + n)


def stays_below(belief: Belief, texts: float) -> list[float]:
    """Return the chance that all of some texts stay below each of `STEPS`."""
    if not texts:
        return [1.0] * len(STEPS)
    chances = [0.0] * len(STEPS)
    power, scale = texts * belief.usable, belief.sd * sqrt(2)
    for z, share in FIVE:
        mean = belief.mean + z * belief.doubt
        for nth, step in enumerate(STEPS):
            chances[nth] += share * (0.5 * erfc((mean - step) / scale)) ** power
    return chances


def area_above(chances: Sequence[float]) -> list[float]:
    """Return the expected gain beyond each of `STEPS`: the integral of 1 - chance from there on."""
    gains = [0.0] * len(STEPS)
    for nth in range(len(STEPS) - 2, -1, -1):
        width = STEPS[nth + 1] - STEPS[nth]
        gains[nth] = gains[nth + 1] + width * (1 - (chances[nth] + chances[nth + 1]) / 2)
    return gains


def at(gains: Sequence[float], step: float) -> float:
    """Return a value between two of `STEPS`."""
    for nth in range(1, len(STEPS)):
        if step <= STEPS[nth]:
            share = (step - STEPS[nth - 1]) / (STEPS[nth] - STEPS[nth - 1])
            return gains[nth - 1] + share * (gains[nth] - gains[nth - 1])
    return 0.0


def gain(chances: Sequence[float]) -> float:
    """Return the expected gain over the best reward so far."""
    return area_above(chances)[0]


def after(belief: Belief, texts: float) -> list[tuple[Belief, float]]:
    """Return what may be believed after more texts, each with its probability."""
    if not texts:
        return [(belief, 1.0)]
    weight = belief.weight + texts
    move = belief.doubt * sqrt(texts / weight)
    return [(belief._replace(mean=belief.mean + z * move, weight=weight), p) for z, p in THREE]


def all_miss(hits: float, misses: float, texts: float) -> float:
    """Return the chance that none of some texts succeeds, under a Beta(hits, misses) belief."""
    total = hits + misses
    return exp(lgamma(misses + texts) - lgamma(misses) + lgamma(total) - lgamma(total + texts))
