"""The scores of one answer, one of each reward of a mix: can they be summed, what is kept."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.faults import failed_checks
from ...core.feedback import Check
from ...core.read_feedback import read_feedback
from ..base import Score, unscored

PASS = 0.5  # a constraint passes from here


def why_unscored(names: Sequence[str], row: Sequence[Score], parts: int) -> Score | None:
    """Return why an answer cannot be summed up, if so: a part failed, or a veto.

    Args:
        names: What the parts, then the constraints are called where agents may read it.
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


def with_parts(
    score: Score,
    names: Sequence[str],
    told: Sequence[str],
    row: Sequence[Score],
    weights: Sequence[float],
) -> Score:
    """Return the score of a mix with what each of its rewards gave and said.

    A mix inside this one shows its parts too. Words of a constraint that holds, or beside checks
    that all passed, become a check that passed: they are not a fault. A part that counts against
    the answer says nothing, because what it calls a fault is wanted.

    Args:
        score: The score.
        names: Those of the rewards, by which their numbers are kept.
        told: What models are told that they are called.
        row: The answer's score from each.
        weights: What each part counts; the constraints follow the parts.
    """
    parts: dict[str, float] = {}
    lines: list[str] = []
    checks: list[Check] = []
    for place, (name, shown, own) in enumerate(zip(names, told, row, strict=True)):
        number = {} if own["reward"] is None else {name: own["reward"]}
        parts |= {**own.get("parts", {}), **number}
        if place >= len(weights) or weights[place] > 0:
            more, words = told_by(own, shown, constraint=place >= len(weights))
            checks += more
            lines += words
    return {**score, "parts": parts, **read_feedback("\n".join(lines), checks)}


def told_by(own: Score, shown: str, *, constraint: bool) -> tuple[list[Check], list[str]]:
    """Return the checks and the words of one reward, under the name that models are told."""
    checks: list[Check] = [
        {**check, "criterion": f"{shown}: {check['criterion']}"} for check in own.get("checks", ())
    ]
    words = own.get("feedback")
    if words and praises(own, constraint):
        return [*checks, Check(criterion=shown, passed=True, why=words)], []
    return checks, [f"{shown}: {words}"] if words else []


def praises(score: Score, constraint: bool) -> bool:
    """Return whether the words of a reward are of an answer that it finds no fault with."""
    holds = constraint and score["reward"] is not None and score["reward"] >= PASS
    return not failed_checks(score) and (holds or bool(score.get("checks")))
