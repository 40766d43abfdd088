"""The scores of one answer, one of each reward of a mix: can they be summed, what is kept."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.feedback import Check, Feedback, read_feedback
from ..base import Score, unscored
from ..planned_reward import PlannedReward

PASS = 0.5  # a constraint passes from here


def why_unscored(
    rewards: Sequence[PlannedReward], row: Sequence[Score], parts: int
) -> Score | None:
    """Return why an answer cannot be summed up, if so: a part failed, or a veto.

    Args:
        rewards: The parts, then the constraints.
        row: The answer's score from each.
        parts: How many parts there are.
    """
    for reward, score in zip(rewards, row, strict=True):
        if score.get("failure") == "vetoed":  # by a mix inside this one
            return Score(reward=None, error=score["error"], failure="vetoed")
        if score["error"]:
            return unscored(f"{reward.name}: {score['error']}")
    for reward, score in list(zip(rewards, row, strict=True))[parts:]:
        if score["reward"] is not None and score["reward"] < PASS:
            return Score(reward=None, error=f"vetoed by {reward.name}", failure="vetoed")
    return None


def own_scores(rewards: Sequence[PlannedReward], row: Sequence[Score]) -> dict[str, float]:
    """Return each reward's own score; a mix inside this one shows its parts too."""
    found: dict[str, float] = {}
    for reward, score in zip(rewards, row, strict=True):
        own = {} if score["reward"] is None else {reward.name: score["reward"]}
        found |= {**score.get("parts", {}), **own}
    return found


def own_words(rewards: Sequence[PlannedReward], row: Sequence[Score]) -> Feedback:
    """Return what the rewards of a mix say of one answer, each with its name."""
    pairs = list(zip(rewards, row, strict=True))
    lines = [f"{reward.name}: {words}" for reward, s in pairs if (words := s.get("feedback"))]
    checks: list[Check] = [
        {**check, "criterion": f"{reward.name}: {check['criterion']}"}
        for reward, score in pairs
        for check in score.get("checks", ())
    ]
    return read_feedback("\n".join(lines), checks)
