"""What a score says beside its number: why, in words, and the checks behind it.

It quotes answers and what their code printed, so it is text of strangers: clipped where it enters
(read_feedback.py), and quoted wherever a model is shown it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired

from typing_extensions import TypedDict


class Check(TypedDict):
    """One thing that a reward looked at."""

    criterion: str
    """What was asked of the answer."""
    passed: NotRequired[bool]
    score: NotRequired[float]
    why: NotRequired[str]
    """What was found instead, say; at best with the place."""


class Feedback(TypedDict):
    """What a score may carry beside its number; a score without words has neither."""

    feedback: NotRequired[str]
    checks: NotRequired[list[Check]]


def failed_first(checks: Sequence[Check]) -> list[Check]:
    """Return checks in the order of their use: what failed, what has a score, what passed."""

    def place(check: Check) -> float:
        passed = check.get("passed")
        return 1.0 if passed is None else 2.0 * passed

    return sorted(checks, key=place)


def feedback_text(record: Feedback) -> str:
    """Return all that a score, or a candidate, says of itself as lines; "" if it says nothing.

    Example:
        >>> feedback_text({"checks": [{"criterion": "no commas", "passed": False, "why": "has 3"}]})
        '- failed: no commas (has 3)'
    """
    lines = [
        *map(check_line, failed_first(record.get("checks") or ())),
        record.get("feedback") or "",
    ]
    return "\n".join(filter(None, lines))


def passed_checks(record: Feedback) -> str:
    """Return how many of the checks passed, in words; "" if there are none.

    Example:
        >>> passed_checks({"checks": [{"criterion": "a", "passed": True}, {"criterion": "b"}]})
        '1 of 1 checks passed'
    """
    known = [c["passed"] for c in record.get("checks") or () if "passed" in c]
    return f"{sum(known)} of {len(known)} checks passed" if known else ""


def check_line(check: Check) -> str:
    """Return a check as one line.

    Example:
        >>> check_line({"criterion": "clarity", "score": 0.25})
        '- 0.25: clarity'
    """
    passed, score = check.get("passed"), check.get("score")
    verdict = "checked" if passed is None else "passed" if passed else "failed"
    if passed is None and score is not None:
        verdict = f"{score:g}"
    why = f" ({check['why']})" if check.get("why") else ""
    # Further lines stand further in: none of them can pass for a check of its own.
    return f"- {verdict}: {check['criterion']}{why}".replace("\n", "\n  ")
