"""Scores from before their round was ranked: on their way from `sample` or `update` to `rank`."""

from __future__ import annotations

from typing_extensions import TypedDict

from .json_types import JsonObject


class Said(TypedDict, total=False):
    """What the reward's server answered, if it failed and said so; see core/errors.py."""

    status: int
    retry_after: float | None


class EarlyScore(Said):
    """One answer's score."""

    mark: str
    """Which call of which reward it was; see nodes/paid/saved_score.py."""
    score: JsonObject
    """A `Score`."""
    cost: JsonObject
    """As `brief` gives it."""


class Early(TypedDict):
    """What was scored as it arrived; `rank` makes it the candidates' own."""

    run: str
    """Which call of the graph it was: a resumed run asks again for what failed before."""
    scores: list[EarlyScore]
