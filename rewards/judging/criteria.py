"""The criteria of a rubric, and what the marks for them are worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

from ...core.errors import ConfigError, evidence
from ...core.read_feedback import MAX_CHECKS, read_feedback
from ..base import Score, scored
from .marks import Mark

HEAVIEST = 1e9  # so that no sum of weights overflows
LISTED = "criteria must be a list of tpo.Criterion('is polite')"


@dataclass(frozen=True)
class Criterion:
    """One thing that an answer is checked for.

    Args:
        name: What reports and critics call it.
        ask: What the judge reads: a question whose yes is a pass. Default: the name.
        weight: What it counts, more than 0 and 1e9 at most.
        essential: Whether an answer that fails it is ruled out.

    Example:
        >>> Criterion("no commas", "Does it do without commas?", weight=2.0).essential
        False
    """

    name: str
    ask: str = ""
    weight: float = 1.0
    essential: bool = False


def check_criteria(criteria: object) -> None:
    """Refuse criteria that cannot make a rubric.

    Raises:
        ConfigError: they are not a list of criteria, there is none, two have the same name, or a
            weight is not above 0.
    """
    if not isinstance(criteria, list | tuple):
        raise ConfigError(f"{LISTED}, not {evidence(repr(criteria))}")
    for one in criteria:
        check_criterion(one)
    names = [criterion.name.strip() for criterion in criteria]
    if not 0 < len(names) <= MAX_CHECKS or not all(names):
        raise ConfigError(f"a rubric needs 1 to {MAX_CHECKS} criteria, each with a name")
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"a rubric names {', '.join(doubled)} twice")


def check_criterion(one: object) -> None:
    """Refuse what is not a criterion, or has a value of another kind.

    Raises:
        ConfigError: what is wrong, and what is allowed.
    """
    if not isinstance(one, Criterion):
        raise ConfigError(f"{LISTED}, not of {evidence(repr(one))}")
    if not isinstance(one.name, str) or not isinstance(one.ask, str):
        raise ConfigError(f"name and ask of a criterion are texts, not {evidence(repr(one))}")
    if not isinstance(one.weight, Real) or not 0 < one.weight <= HEAVIEST:
        least = f"the weight of {one.name!r} must be above 0"
        raise ConfigError(f"{least} and {HEAVIEST:g} at most, not {one.weight!r}")
    if not isinstance(one.essential, bool):
        raise ConfigError(f"essential of {one.name!r} is True or False, not {one.essential!r}")


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
