"""Checks of a reward: finite, raw, and ordered on pairs whose right order is known."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ...core.errors import WHOLE_REASON, ConfigError, MissingDependencyError, evidence
from ...rewards.base import Reward
from ...rewards.judging.language_judge import LanguageJudge
from ...rewards.mixing.mix import Mix
from ...rewards.planned_reward import Job, PlannedReward, planned
from ...rewards.readiness import make_ready
from .pairs import KINDS, Probed, scored_pairs
from .score_findings import number_findings, order_finding
from .verdict import Finding


@runtime_checkable
class Probing(Protocol):
    """A served reward that can say what is wrong with its own server."""

    async def probe(self) -> str: ...  # noqa: D102


async def readied(reward: Reward | PlannedReward, job: Job) -> Exception | None:
    """Make sure of a reward, which may load a model; return what keeps it from scoring.

    Args:
        reward: Any reward.
        job: A round without answers, with the settings.

    Raises:
        ConfigError: it cannot be right.
        MissingDependencyError: a key or a package is missing.
    """
    try:
        await make_ready(planned(reward), job)
    except (ConfigError, MissingDependencyError):  # as of a policy, no verdict on the reward
        raise
    except Exception as error:  # noqa: BLE001  a reward may raise anything
        return error
    return None


async def check_reward(
    reward: Reward | PlannedReward, away: Exception | None = None
) -> tuple[list[Finding], list[Probed]]:
    """Score the known pairs, and return what the scores show, with the pairs.

    Args:
        reward: Any reward.
        away: What keeps it from scoring, if anything does.
    """
    notice = [Finding("notice", "warning", reward.notice)] if reward.notice else []
    pairs: list[Probed] = []
    try:
        pairs = [] if away else await scored_pairs(reward)
    except Exception as error:  # noqa: BLE001  a reward may raise anything
        away = error
    if away:
        return [*notice, Finding("reward", "bad", evidence(away, WHOLE_REASON))], []
    scores = [score for one in pairs for score in (one.better, one.worse)]
    problem = await reward.probe() if isinstance(reward, Probing) else ""
    probed = [Finding("probe", "warning", problem)] if problem else []
    numbers = number_findings(scores, probabilities=may_be_probabilities(reward))
    doubts = [*notice, *probed, *numbers]
    if all(score["reward"] is None for score in scores):
        return doubts, []  # nothing is known about the order
    ordered = [order_finding(kind, [one for one in pairs if one.kind is kind]) for kind in KINDS]
    return [*doubts, *ordered], pairs


def may_be_probabilities(reward: Reward | PlannedReward) -> bool:
    """Return whether a reward could give raw scores in place of those between 0 and 1.

    A judge's marks and wins are what they are, and so is a sum.
    """
    return not isinstance(getattr(reward, "reward", reward), LanguageJudge | Mix)
