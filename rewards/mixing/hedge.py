"""How much the parts of a mix disagree about an answer: what hedging takes off its score.

The best of many answers is the one whose score is too high by chance, or because one reward is
fooled by it. There the others disagree. A hedged mix chooses by a lower bound: the sum less so
many of its standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from ...core.errors import ConfigError


class Weighed(Protocol):
    """What is asked of a part of a mix."""

    @property
    def weight(self) -> float:
        """What it counts."""
        ...

    @property
    def z(self) -> bool:
        """Whether it counts in deviations."""
        ...


def check_hedge(hedge: float, parts: Sequence[Weighed], rewards: Sequence[object]) -> None:
    """Refuse to hedge where the parts do not measure one thing on one scale.

    Args:
        hedge: How many standard errors are taken off; 0 is always right.
        parts: The parts of a mix.
        rewards: Their rewards.

    Raises:
        ConfigError: a negative or endless hedge, fewer than two parts, or different scales.
    """
    if not 0 <= hedge < math.inf:
        raise ConfigError(f"hedge={hedge} is not a number of standard errors: 0 or more")
    if not hedge:
        return
    if sum(part.weight != 0 for part in parts) < 2:
        raise ConfigError(
            "hedge needs two parts that can disagree; of one judge: judge:openai:NAME?repeats=3"
        )
    deviations = {part.z for part in parts}
    if deviations != {True} and (True in deviations or len(set(map(kind_of, rewards))) > 1):
        raise ConfigError("hedge compares the parts, so they need one scale: give each z = true")


def standard_error(weights: Sequence[float], scores: Sequence[float]) -> float:
    """Return the standard error of a weighted sum of scores that measure one thing.

    Args:
        weights: What each counts; one that counts against the answer measures the opposite.
        scores: On one scale.

    Returns:
        With n equal weights of 1/n, the standard deviation of the scores divided by the root of n.

    Example:
        >>> standard_error([0.5, 0.5], [1.0, 3.0]), standard_error([0.5, 0.5], [2.0, 2.0])
        (1.0, 0.0)
    """
    counted = [(abs(w), math.copysign(1, w) * s) for w, s in zip(weights, scores, strict=True) if w]
    if len(counted) < 2:
        return 0.0
    mean = math.fsum(w * s for w, s in counted) / math.fsum(w for w, _ in counted)
    squares = math.fsum((w * (s - mean)) ** 2 for w, s in counted)
    return math.sqrt(squares * len(counted) / (len(counted) - 1))


def kind_of(reward: object) -> type:
    """Return the class of a reward behind what batches it or keeps its scores."""
    while inner := getattr(reward, "reward", None) or getattr(reward, "judge", None):
        reward = inner
    return type(reward)
