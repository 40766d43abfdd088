"""Checks of a reward: finite, raw, and ordered on pairs whose order nobody disputes."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import HumanMessage

from ..core.errors import evidence
from ..rewards.base import Reward, Score
from ..rewards.plan import PlannedReward, score_now
from .finding import Finding, graded
from .probes import PAIRS

Scored = list[tuple[Score, Score]]


async def examine_reward(reward: Reward | PlannedReward) -> list[Finding]:
    """Score the known pairs and judge the scores."""
    notice = [Finding("notice", "warning", reward.notice)] if reward.notice else []
    try:
        scores = [await _score(reward, p.query, (p.better, p.worse)) for p in PAIRS]
    except Exception as error:  # noqa: BLE001  a reward may raise anything
        return [*notice, Finding("reward", "bad", evidence(error))]
    return [*notice, _finite(scores), _raw(scores), _ordered(scores)]


async def _score(
    reward: Reward | PlannedReward, query: str, answers: Sequence[str]
) -> tuple[Score, Score]:
    better, worse = await score_now(reward, [HumanMessage(query)], answers)
    return better, worse


def _numbers(scores: Scored) -> list[float]:
    return [s["reward"] for pair in scores for s in pair if s["reward"] is not None]


def _finite(scores: Scored) -> Finding:
    lost = [s["error"] for pair in scores for s in pair if s["reward"] is None]
    if lost:
        return Finding("finite", "bad", f"{len(lost)} of {2 * len(scores)} not scored: {lost[0]}")
    return Finding("finite", "ok", f"all {2 * len(scores)} scores are finite numbers")


def _raw(scores: Scored) -> Finding:
    """Probabilities saturate near 1, where good answers differ: raw logits do not."""
    numbers = _numbers(scores)
    if len(set(numbers)) < 2:
        return Finding("raw", "bad", "every answer gets the same score, so nothing can be ranked")
    shown = f"scores from {min(numbers):.3g} to {max(numbers):.3g}"
    if min(numbers) >= 0 and max(numbers) <= 1:
        said = f"{shown}; if these are probabilities, have it give raw scores instead"
        return Finding("raw", "warning", said)
    return Finding("raw", "ok", shown)


def _ordered(scores: Scored) -> Finding:
    wrong = [
        pair.worse_is
        for pair, (better, worse) in zip(PAIRS, scores, strict=True)
        if better["reward"] is None
        or worse["reward"] is None
        or better["reward"] <= worse["reward"]
    ]
    right = len(PAIRS) - len(wrong)
    words = f"{right} of {len(PAIRS)} pairs in the right order"
    if wrong:
        words += f"; it did not see what is {', '.join(wrong)}"
    return graded("ordered", right / len(PAIRS), words, good=0.8, fair=0.6)
