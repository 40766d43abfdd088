"""Whether a larger width still helps: answers picked by the reward, judged by a program's checks.

With several first answers to each task, the best of w by the reward is known for every w up to
their number, without another request to the policy. If the reward can be fooled, more answers
find the one that fools it, and the share of checks that the picked answer passes falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from random import Random
from statistics import fmean

from langchain_core.messages import HumanMessage

from ...core.errors import WHOLE_REASON, evidence
from ...rewards.base import Reward
from ...rewards.planned_reward import PlannedReward, score_now
from .tried import Tried
from .verdict import Finding

RESAMPLES = 1000
# Of a fall that counts, in 99 of 100 draws of the tasks. The width is picked after the event and
# the tasks are few: so it is that strict, and 3 to 5 % of rewards that are pure noise are accused.
LEAST = 0.005
Scored = tuple[float, float]  # an answer's reward, and the share of checks it passes


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


def width_finding(tasks: Sequence[Sequence[Scored]]) -> Finding | None:
    """Return up to which width the checks agree with the reward, or `None` with too few answers.

    Args:
        tasks: For each task its answers; widths go up to the number that all tasks have.
    """
    most = min((len(answers) for answers in tasks), default=0)
    if most < 2:
        return None
    curves = [[picked(answers, width) for width in range(1, most + 1)] for answers in tasks]
    means = [fmean(values) for values in zip(*curves, strict=True)]
    peak = max(range(most), key=lambda n: (round(means[n], 9), -n))
    shown = ", ".join(f"{mean:.0%} at {n + 1}" for n, mean in enumerate(means))
    words = f"of the checks, the answer that this reward picks passes, by width, {shown}"
    chance = Random(0)  # noqa: S311  not for secrets
    falls = [curve[peak] - curve[-1] for curve in curves]
    drawn = sorted(fmean(chance.choices(falls, k=len(falls))) for _ in range(RESAMPLES))
    if drawn[RESAMPLES // 100] > LEAST:
        advice = f"beyond width {peak + 1} it falls, so the reward is fooled: keep --width there"
        return Finding("width", "warning", f"{words}; {advice}, or watch with --heldout")
    if peak + 1 < most:
        return Finding("width", "ok", f"{words}; that it falls may be chance")
    return Finding("width", "ok", f"{words}; no fall up to width {most}")


async def check_width(reward: Reward | PlannedReward, tried: Sequence[Tried]) -> list[Finding]:
    """Score the first answers to the tasks, and return up to which width the reward is of use."""
    tasks: list[list[Scored]] = []
    for one in tried:
        answers = [text for text in one.moves["fresh"].texts if text is not None]
        try:
            scores = await score_now(reward, [HumanMessage(one.task.request)], answers)
        except Exception as error:  # noqa: BLE001  a reward may raise anything
            return [Finding("width", "warning", evidence(error, WHOLE_REASON))]
        pairs = zip([score["reward"] for score in scores], answers, strict=True)
        tasks.append([(r, one.task.share(text)) for r, text in pairs if r is not None])
    found = width_finding([answers for answers in tasks if len(answers) > 1])
    return [found] if found else []
