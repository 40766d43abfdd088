"""What a score says beside its number: why, in words, and the checks behind it.

It quotes answers and what their code printed, so it is text of strangers: clipped where it enters,
and quoted wherever a model is shown it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NotRequired

from typing_extensions import TypedDict

from .replies.reply import well_formed

MAX_TEXT = 8000  # characters of feedback that are kept
MAX_LINE = 1000  # of what one check says
MAX_CHECKS = 100


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


def read_feedback(words: object = None, checks: object = None) -> Feedback:
    """Return feedback as it may enter the pool: plain JSON, and no longer than it may be.

    Nothing in it can fail a score: what is not a text becomes one, and what is not a check is
    left out.

    Args:
        words: A text, or anything that can be written as one.
        checks: A list of checks. Names of other libraries for their fields are understood
            (`key`, `name`, `comment`, `reason`).

    Example:
        >>> read_feedback("two of five tests fail", [{"criterion": "test_a", "passed": True}])
        {'feedback': 'two of five tests fail', 'checks': [{'criterion': 'test_a', 'passed': True}]}
    """
    found = Feedback()
    if text := _text(words, MAX_TEXT):
        found["feedback"] = text
    if isinstance(checks, Sequence) and not isinstance(checks, str | bytes):
        read = [check for entry in checks[:MAX_CHECKS] if (check := read_check(entry))]
        if read:
            found["checks"] = read
    return found


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
    return f"- {verdict}: {check['criterion']}{why}"


def read_check(entry: object) -> Check | None:
    """Return one check as it may enter the pool, or `None` if it names no criterion."""
    if not isinstance(entry, Mapping):
        return None
    name = next(_texts(entry, ("criterion", "key", "name")), "")
    if not name:
        return None
    check = Check(criterion=name)
    passed, score = entry.get("passed"), entry.get("score")
    if passed is None and isinstance(score, bool):
        passed, score = score, None
    if passed is not None:
        check["passed"] = bool(passed)
    with suppress(TypeError, ValueError, OverflowError):  # not a number: it has no score
        if score is not None and math.isfinite(number := float(score)):
            check["score"] = number
    if why := next(_texts(entry, ("why", "comment", "reason", "explanation", "feedback")), ""):
        check["why"] = why
    return check


def _texts(entry: Mapping[object, object], names: Sequence[str]) -> Iterator[str]:
    return filter(None, (_text(entry.get(name), MAX_LINE) for name in names))


def _text(value: object, most: int) -> str:
    """Return a value as text, its middle left out if it is too long."""
    if value is None:
        return ""
    text = well_formed(value if isinstance(value, str) else str(value)).strip()
    if len(text) <= most:
        return text
    mark = " [...] "
    tail = most // 3
    return text[: most - tail - len(mark)] + mark + text[-tail:]
