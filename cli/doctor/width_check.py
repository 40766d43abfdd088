"""Whether a larger width still helps with a reward: its picks among first answers to the tasks."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import HumanMessage

from ...core.errors import WHOLE_REASON, evidence
from ...rewards.base import Reward
from ...rewards.planned_reward import PlannedReward, score_now
from .tried import Tried
from .verdict import Finding
from .width_curve import CHECKS, HELDOUT, Scored, in_deviations, width_finding


async def check_width(
    reward: Reward | PlannedReward,
    tried: Sequence[Tried],
    heldout: Reward | PlannedReward | None = None,
) -> list[Finding]:
    """Return up to which width the reward picks better answers to the tasks.

    Args:
        reward: The reward.
        tried: The tasks, with the first answers to them.
        heldout: Another reward, by which its picks are judged too.
    """
    measures = (CHECKS, HELDOUT) if heldout else (CHECKS,)
    try:
        tasks = [await rewards_beside(reward, heldout, one) for one in tried]
    except Exception as error:  # noqa: BLE001  a reward may raise anything
        return [Finding("width", "warning", evidence(error, WHOLE_REASON))]
    findings = [
        width_finding([of_task[nth] for of_task in tasks if len(of_task[nth]) > 1], measure)
        for nth, measure in enumerate(measures)
    ]
    return [finding for finding in findings if finding]


async def rewards_beside(
    reward: Reward | PlannedReward, heldout: Reward | PlannedReward | None, one: Tried
) -> tuple[list[Scored], list[Scored]]:
    """Return the answers to a task: with the share of checks passed, and as the other sees them."""
    asked = [HumanMessage(one.task.request)]
    answers = [text for text in one.moves["fresh"].texts if text is not None]
    scores = await score_now(reward, asked, answers)
    others = await score_now(heldout, asked, answers) if heldout else []
    found = [score["reward"] for score in scores]
    pairs = zip(found, answers, strict=True)
    checks = [(r, one.task.share(text)) for r, text in pairs if r is not None]
    held = [other["reward"] for other in others]
    both = [(r, h) for r, h in zip(found, held, strict=False) if r is not None and h is not None]
    return checks, in_deviations(both)
