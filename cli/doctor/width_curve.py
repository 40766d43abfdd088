"""Whether a larger width still helps: answers picked by the reward, judged by something else.

With several first answers to each task, the best of w by the reward is known for every w up to
their number, without another request to the policy. If the reward can be fooled, more answers
find the one that fools it: while its reward rises, the share of checks that the picked answer
passes falls, or its held-out reward.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb
from random import Random
from statistics import fmean, pstdev

from .verdict import Finding

RESAMPLES = 1000
# Of a fall that counts, in 99 of 100 draws of the tasks. The width is picked after the event and
# the tasks are few: so it is that strict, and 3 to 5 % of rewards that are pure noise are accused.
LEAST = 0.005
Scored = tuple[float, float]  # an answer's reward, and what else is known of its worth


@dataclass(frozen=True)
class Measure:
    """What the picked answers are judged by.

    Attributes:
        name: The finding's name.
        begin: The words before the numbers.
        shown: How a number is written.
        advice: What else to do about a fall, beside the width.
    """

    name: str
    begin: str
    shown: Callable[[float], str]
    advice: str = ""


CHECKS = Measure(
    "width",
    "of the checks, the answer that this reward picks passes, by width, ",
    lambda share: f"{share:.0%}",
    ", or watch with --heldout",
)
HELDOUT = Measure(
    "held-out width",
    "the held-out reward of the answer that this reward picks is, by width and in standard "
    "deviations within a task, ",
    lambda value: f"{value:+z.2f}",
)


def picked(answers: Sequence[Scored], width: int) -> float:
    """Return the expected share of checks passed by the best of some answers, by their reward.

    Args:
        answers: All answers there are; of equal rewards one is picked at random.
        width: How many of them are drawn.

    Example:
        >>> picked([(1.0, 0.0), (0.0, 1.0)], 1), picked([(1.0, 0.0), (0.0, 1.0)], 2)
        (0.5, 0.0)
    """
    ranked = sorted((reward for reward, _ in answers), reverse=True)
    equal = {r: fmean(share for reward, share in answers if reward == r) for r in ranked}
    ways = comb(len(ranked), width)
    return sum(
        equal[reward] * comb(len(ranked) - 1 - place, width - 1) / ways
        for place, reward in enumerate(ranked)
    )


def width_finding(tasks: Sequence[Sequence[Scored]], measure: Measure = CHECKS) -> Finding | None:
    """Return up to which width the reward picks better answers, or `None` with too few of them.

    Args:
        tasks: For each task its answers; widths go up to the number that all tasks have.
        measure: What the second number of an answer is.
    """
    most = min((len(answers) for answers in tasks), default=0)
    if most < 2:
        return None
    curves = [[picked(answers, width) for width in range(1, most + 1)] for answers in tasks]
    means = [fmean(values) for values in zip(*curves, strict=True)]
    peak = max(range(most), key=lambda n: (round(means[n], 9), -n))
    words = measure.begin + ", ".join(f"{measure.shown(m)} at {n + 1}" for n, m in enumerate(means))
    fell = measure.shown(means[peak]) != measure.shown(means[-1])  # else readers see no fall
    if fell and surely_falls([curve[peak] - curve[-1] for curve in curves]):
        rises = f"beyond width {peak + 1} it falls while the reward rises, so the reward is fooled"
        advice = f"{rises}: take --width {peak + 1}{measure.advice}"
        return Finding(measure.name, "warning", f"{words}; {advice}")
    if fell:
        return Finding(measure.name, "ok", f"{words}; that it falls may be chance")
    return Finding(measure.name, "ok", f"{words}; no fall up to width {most}")


def surely_falls(falls: Sequence[float]) -> bool:
    """Return whether the falls of some tasks are more than chance."""
    chance = Random(0)  # noqa: S311  not for secrets
    drawn = sorted(fmean(chance.choices(falls, k=len(falls))) for _ in range(RESAMPLES))
    return drawn[RESAMPLES // 100] > LEAST


def in_deviations(answers: Sequence[Scored]) -> list[Scored]:
    """Return answers with the second number in standard deviations: tasks differ in level.

    Example:
        >>> in_deviations([(0.5, 10.0), (0.7, 30.0)])
        [(0.5, -1.0), (0.7, 1.0)]
    """
    values = [value for _, value in answers]
    mean, spread = (fmean(values), pstdev(values)) if values else (0.0, 0.0)
    return [(reward, (value - mean) / spread if spread else 0.0) for reward, value in answers]
