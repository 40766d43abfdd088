"""How much further texts can be expected to gain: the statistics of `round_plan.py`.

What is believed of a move is a few guesses, each a normal distribution whose scatter is known
and whose mean is not; rewards decide how likely each is (a normal-inverse-gamma posterior,
as in AB-MCTS-A, arXiv 2503.04412, with the scatter on a grid). Texts of one move share their
mean, and so their luck: three texts of two unknown moves are worth more than three of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, lgamma, log, sqrt
from typing import NamedTuple

from .best_of_normal import best_beyond

# Where the improvement by a round is looked at: distances above the best reward, in spreads.
STEPS = (0.0, 0.03, 0.08, 0.15, 0.25, 0.4, 0.6, 0.85, 1.15, 1.5, 2.0, 2.6, 3.4, 4.5, 6.0)
# A normal variable in three points (Gauss-Hermite): how far out, and with what weight.
THREE = ((-sqrt(3), 1 / 6), (0.0, 2 / 3), (sqrt(3), 1 / 6))
UNLIKELY = 0.02  # a guess that is passed over


class Guess(NamedTuple):
    """One guess at the rewards of a move."""

    chance: float
    """How likely it is that this guess holds, from 0 to 1."""
    mean: float
    """The expected reward of one text."""
    doubt: float
    """How far the true mean may be from `mean`: one standard deviation."""
    sd: float
    """How far texts scatter around their mean."""


Belief = list[Guess]


def learn(belief: Belief, seen: Sequence[float], step: float = 0.0) -> Belief:
    """Return a belief after some rewards, by Bayes' rule.

    Args:
        belief: What was believed before.
        seen: The rewards.
        step: How far apart two rewards are at least. Each may stand for anything that is rounded
            to it, so equal ones do not show that texts hardly scatter.

    Returns:
        The guesses with their means moved. Their chances are logarithms now, so that guesses at
        different rewards can be compared: `mixture` makes chances of them.
    """
    n = len(seen)
    average = sum(seen) / n if n else 0.0
    squares = sum((value - average) ** 2 for value in seen)
    learnt = []
    for guess in belief:
        fit, pull, before = 0.0, 0.0, guess.doubt**2
        if n:
            variance = guess.sd**2 + step**2 / 12
            noise = variance / n
            pull = before / (before + noise)
            away = (average - guess.mean) ** 2 / (before + noise)
            fit = squares / variance + (n - 1) * log(variance) + log(before + noise) + away
        mean = guess.mean + pull * (average - guess.mean)
        chance = log(guess.chance) - fit / 2
        learnt.append(Guess(chance, mean, sqrt(before * (1 - pull)), guess.sd))
    return learnt


def mixture(belief: Belief) -> Belief:
    """Return a belief whose log chances are chances that add up to 1."""
    top = max(guess.chance for guess in belief)
    parts = [exp(guess.chance - top) for guess in belief]
    total = sum(parts)
    return [g._replace(chance=p / total) for g, p in zip(belief, parts, strict=True)]


def merged(belief: Belief) -> Guess:
    """Return one guess with the belief's mean and variances."""
    mean = sum(g.chance * g.mean for g in belief)
    doubt = sum(g.chance * (g.doubt**2 + (g.mean - mean) ** 2) for g in belief)
    return Guess(1.0, mean, sqrt(doubt), sqrt(sum(g.chance * g.sd**2 for g in belief)))


def after(guess: Guess, texts: float) -> Belief:
    """Return what a guess may become after more texts, each with its chance."""
    noise = guess.sd**2 / texts
    pull = guess.doubt**2 / (guess.doubt**2 + noise)
    move, doubt = guess.doubt * sqrt(pull), guess.doubt * sqrt(1 - pull)
    return [Guess(guess.chance * p, guess.mean + z * move, doubt, guess.sd) for z, p in THREE]


def stays_below(belief: Belief, texts: Sequence[int], usable: float) -> dict[int, list[float]]:
    """Return, for each number of texts, the chance that all stay below each of `STEPS`.

    Args:
        belief: What is believed of the move, counted from the best reward.
        texts: The numbers of texts asked for.
        usable: The share of texts that can be used at all.
    """
    chances = {k: [0.0] * len(STEPS) for k in texts}
    for guess in belief:
        for z, share in THREE if guess.chance > UNLIKELY else ():
            mean, scale = guess.mean + z * guess.doubt, guess.sd * sqrt(2)
            ones = [(erfc((mean - step) / scale) / 2) ** usable for step in STEPS]
            for k, row in chances.items():
                for nth, one in enumerate(ones):
                    row[nth] += guess.chance * share * one**k
    return {k: row if k else [1.0] * len(STEPS) for k, row in chances.items()}


def improvement(below: Sequence[float]) -> float:
    """Return the expected gain, if these are the chances that all stay below each of `STEPS`."""
    return sum(
        (STEPS[nth + 1] - STEPS[nth]) * (1 - (below[nth] + below[nth + 1]) / 2)
        for nth in range(len(STEPS) - 1)
    )


def beyond(guess: Guess, texts: float, start: float = 0.0) -> float:
    """Return how far the best of some texts lies beyond a point, on average.

    Example:
        >>> round(beyond(Guess(1.0, 0.0, 0.0, 1.0), 5), 1)
        1.2
    """
    if texts < 0.5:
        return 0.0
    return guess.sd * sum(
        p * best_beyond(texts, (start - guess.mean - z * guess.doubt) / guess.sd) for z, p in THREE
    )


def all_miss(hits: float, misses: float, texts: float) -> float:
    """Return the chance that none of some texts succeeds, under a Beta(hits, misses) belief."""
    total = hits + misses
    return exp(lgamma(misses + texts) - lgamma(misses) + lgamma(total) - lgamma(total + texts))
