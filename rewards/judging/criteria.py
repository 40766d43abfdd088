"""The criteria of a rubric, and what the marks for them are worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.errors import ConfigError, evidence
from ...core.read_feedback import MAX_CHECKS, read_feedback
from ..base import Score, scored
from .marks import Mark


@dataclass(frozen=True)
class Criterion:
    """One thing that an answer is checked for.

    Args:
        name: What reports and critics call it.
        ask: What the judge reads: a question whose yes is a pass. Default: the name.
        weight: What it counts, more than 0.
        essential: Whether an answer that fails it is ruled out.

    Example:
        >>> Criterion("no commas", "Does it do without commas?", weight=2.0).essential
        False
    """

    name: str
    ask: str = ""
    weight: float = 1.0
    essential: bool = False


def check_criteria(criteria: Sequence[Criterion]) -> None:
    """Refuse criteria that cannot make a rubric.

    Raises:
        ConfigError: there is none, two have the same name, or a weight is not above 0.
    """
    names = [criterion.name.strip() for criterion in criteria]
    if not 0 < len(names) <= MAX_CHECKS or not all(names):
        raise ConfigError(f"a rubric needs 1 to {MAX_CHECKS} criteria, each with a name")
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"a rubric names {', '.join(doubled)} twice")
    for one in criteria:
        if not 0 < one.weight < math.inf:
            raise ConfigError(f"the weight of {one.name!r} must be above 0, not {one.weight}")


def weighed(criteria: Sequence[Criterion], marks: Sequence[Mark]) -> Score:
    """Return the weighted share that passed, or a veto; with all marks as checks.

    A mark of which it is known how likely it passes counts so much.

    Example:
        >>> rubric = [Criterion("brief", weight=3.0), Criterion("kind")]
        >>> weighed(rubric, [{"passed": True}, {"passed": False}])["reward"]
        0.75
    """
    both = list(zip(criteria, marks, strict=True))
    words = read_feedback(checks=[{"criterion": one.name, **mark} for one, mark in both])
    if lost := [one.name for one, mark in both if one.essential and not mark["passed"]]:
        error = f"fails what is essential: {evidence(', '.join(lost))}"
        return {**Score(reward=None, error=error, failure="vetoed"), **words}
    passed = math.fsum(one.weight * mark.get("score", mark["passed"]) for one, mark in both)
    return {**scored(passed / math.fsum(one.weight for one in criteria)), **words}
