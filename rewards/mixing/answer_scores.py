"""The scores of one answer, one of each reward of a mix: can they be summed, what is kept."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.feedback import Check, read_feedback
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


def with_parts(score: Score, rewards: Sequence[PlannedReward], row: Sequence[Score]) -> Score:
    """Return the score of a mix with what each of its rewards gave and said, by its name.

    A mix inside this one shows its parts too.
    """
    parts: dict[str, float] = {}
    lines: list[str] = []
    checks: list[Check] = []
    for reward, own in zip(rewards, row, strict=True):
        number = {} if own["reward"] is None else {reward.name: own["reward"]}
        parts |= {**own.get("parts", {}), **number}
        if words := own.get("feedback"):
            lines.append(f"{reward.name}: {words}")
        checks += [
            {**check, "criterion": f"{reward.name}: {check['criterion']}"}
            for check in own.get("checks", ())
        ]
    return {**score, "parts": parts, **read_feedback("\n".join(lines), checks)}
