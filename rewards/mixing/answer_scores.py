"""The scores of one answer, one of each reward of a mix: can they be summed, what is kept."""

from __future__ import annotations

from collections.abc import Sequence

from ..base import Score, unscored

PASS = 0.5  # a constraint passes from here


def why_unscored(names: Sequence[str], row: Sequence[Score], parts: int) -> Score | None:
    """Return why an answer cannot be summed up, if so: a part failed, or a veto.

    Args:
        names: Those of the parts, then of the constraints.
        row: The answer's score from each.
        parts: How many parts there are.
    """
    for name, score in zip(names, row, strict=True):
        if score.get("failure") == "vetoed":  # by a mix inside this one
            return Score(reward=None, error=score["error"], failure="vetoed")
        if score["error"]:
            return unscored(f"{name}: {score['error']}")
    for name, score in list(zip(names, row, strict=True))[parts:]:
        if score["reward"] is not None and score["reward"] < PASS:
            return Score(reward=None, error=f"vetoed by {name}", failure="vetoed")
    return None


def own_scores(names: Sequence[str], row: Sequence[Score]) -> dict[str, float]:
    """Return each reward's own score; a mix inside this one shows its parts too."""
    found: dict[str, float] = {}
    for name, score in zip(names, row, strict=True):
        own = {} if score["reward"] is None else {name: score["reward"]}
        found |= {**score.get("parts", {}), **own}
    return found
