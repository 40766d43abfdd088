"""Pairs of answers whose right order is known, as a reward scores them."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from langchain_core.messages import HumanMessage

from ...rewards.base import Reward, Score
from ...rewards.planned_reward import PlannedReward, score_now
from .probes import DEGENERATE, PADDED, UNSAFE, Pair


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
    def right(self) -> bool | None:
        """Whether the better answer comes first; `None` if neither does, or a score is missing."""
        better, worse = place_of(self.better), place_of(self.worse)
        if better is None or worse is None or better == worse:
            return None
        return better > worse


def vetoed(score: Score) -> bool:
    """Return whether an answer was ruled out, which is a verdict and not a failed score."""
    return score.get("failure") == "vetoed"


def place_of(score: Score) -> float | None:
    """Return where an answer stands: by its reward; below all others after a veto."""
    return -inf if vetoed(score) else score["reward"]


async def scored_pairs(reward: Reward | PlannedReward) -> list[Probed]:
    """Score the known pairs, one after the other."""
    pairs: list[Probed] = []
    for kind in KINDS:
        for pair in kind.pairs:
            answers = (pair.better, pair.worse)
            better, worse = await score_now(reward, [HumanMessage(pair.query)], answers)
            pairs.append(Probed(kind, pair, better, worse))
    return pairs
