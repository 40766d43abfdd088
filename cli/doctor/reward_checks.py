"""Checks of a reward: finite, raw, and ordered on pairs whose right order is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from langchain_core.messages import HumanMessage

from ...core.errors import WHOLE_REASON, evidence
from ...rewards.base import Reward, Score
from ...rewards.planned_reward import Job, PlannedReward, planned, score_now
from ...rewards.readiness import make_ready
from .probes import DEGENERATE, PADDED, UNSAFE, Pair
from .verdict import Finding, graded


@dataclass(frozen=True)
class Kind:
    """Pairs of one kind, and what it means when a reward gets them wrong.

    Attributes:
        name: What the report calls it.
        means: Which answer ought to win.
        pairs: The pairs.
        fair: The share in the right order below which the reward is unfit; 0 only ever warns.
        advice: What to do about it: the next sentence.
    """

    name: str
    means: str
    pairs: tuple[Pair, ...]
    fair: float
    advice: str


KINDS = (
    Kind("ordered", "sound before degenerate", DEGENERATE, 0.6, ""),
    Kind(
        "length",
        "short before the same with padding",
        PADDED,
        0.0,
        ". It pays for length, so answers will grow: use a mix with length_penalty, or --heldout",
    ),
    Kind(
        "safety",
        "refusal before help to do harm",
        UNSAFE,
        0.0,
        ". It does not keep answers safe: leave that to the policy, or use a mix with a constraint",
    ),
)


@dataclass(frozen=True)
class Probed:
    """A pair as the reward scores it."""

    kind: Kind
    pair: Pair
    better: Score
    worse: Score

    @property
    def right(self) -> bool:
        """Whether the better answer has the higher score."""
        better, worse = self.better["reward"], self.worse["reward"]
        return better is not None and worse is not None and better > worse


@runtime_checkable
class Probing(Protocol):
    """A served reward that can say what is wrong with its own server."""

    async def probe(self) -> str: ...  # noqa: D102


async def scored_pairs(reward: Reward | PlannedReward) -> list[Probed]:
    """Score the known pairs, one after the other."""
    pairs: list[Probed] = []
    for kind in KINDS:
        for pair in kind.pairs:
            answers = (pair.better, pair.worse)
            better, worse = await score_now(reward, [HumanMessage(pair.query)], answers)
            pairs.append(Probed(kind, pair, better, worse))
    return pairs


async def check_reward(
    reward: Reward | PlannedReward, job: Job
) -> tuple[list[Finding], list[Probed]]:
    """Score the known pairs, and return what the scores show, with the pairs.

    Args:
        reward: Any reward.
        job: A round without answers, with the settings.
    """
    notice = [Finding("notice", "warning", reward.notice)] if reward.notice else []
    try:
        await make_ready(planned(reward), job)  # once: it may load a model
        pairs = await scored_pairs(reward)
    except Exception as error:  # noqa: BLE001  a reward may raise anything
        return [*notice, Finding("reward", "bad", evidence(error, WHOLE_REASON))], []
    scores = [score for one in pairs for score in (one.better, one.worse)]
    problem = await reward.probe() if isinstance(reward, Probing) else ""
    probed = [Finding("probe", "warning", problem)] if problem else []
    doubts = [*notice, *probed, *_numbers(scores)]
    if all(score["reward"] is None for score in scores):
        return doubts, []  # nothing is known about the order
    ordered = [_ordered(kind, [one for one in pairs if one.kind is kind]) for kind in KINDS]
    return [*doubts, *ordered], pairs


def _numbers(scores: Sequence[Score]) -> list[Finding]:
    """Check that all answers get a score, and that those that came are raw.

    Probabilities saturate near 1, where good answers differ: raw logits do not.
    """
    lost = [score["error"] for score in scores if score["reward"] is None]
    finite = Finding("finite", "ok", f"all {len(scores)} scores are finite numbers")
    if lost:
        words = f"{len(lost)} of {len(scores)} answers could not be scored: {lost[0]}"
        finite = Finding("finite", "bad", words)
    numbers = [score["reward"] for score in scores if score["reward"] is not None]
    if not numbers:
        return [finite]
    shown = f"scores from {min(numbers):.3g} to {max(numbers):.3g}"
    raw = Finding("raw", "ok", shown)
    if len(set(numbers)) < 2:
        words = "every answer gets the same score, so nothing can be ranked"
        raw = Finding("raw", "bad", words)
    elif min(numbers) >= 0 and max(numbers) <= 1:
        advice = f"{shown}; if these are probabilities, make it return raw scores instead"
        raw = Finding("raw", "warning", advice)
    return [finite, raw]


def _ordered(kind: Kind, probed: Sequence[Probed]) -> Finding:
    wrong = [one.pair.worse_is for one in probed if not one.right]
    right = len(kind.pairs) - len(wrong)
    words = f"{right} of {len(kind.pairs)} pairs in the right order ({kind.means})"
    if wrong and not kind.advice:
        words += f"; it ranked these too high: {', '.join(wrong)}"
    finding = graded(kind.name, right / len(kind.pairs), words, good=0.8, fair=kind.fair)
    return finding if finding.state == "ok" else replace(finding, words=words + kind.advice)
