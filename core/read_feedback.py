"""What a reward says beside its number, as it may enter the pool: read kindly, and clipped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice

from .feedback import Check, Feedback, failed_first
from .number_format import count
from .replies.reply import well_formed

MAX_TEXT = 8000  # characters of feedback that are kept
MAX_LINE = 1000  # of what one check says
MAX_CHECKS = 100
MOST_NESTED = 3  # lists in lists
MOST_READ = 10_000  # checks of one answer that are looked at
NAMES = ("criterion", "key", "name")
WHYS = ("why", "comment", "reason", "explanation", "feedback")
VERDICTS = {"true": True, "yes": True, "pass": True, "passed": True}
VERDICTS |= {"false": False, "no": False, "fail": False, "failed": False}


def read_feedback(words: object = None, checks: object = None) -> Feedback:
    """Return feedback as it may enter the pool: plain JSON, and no longer than it may be.

    Nothing in it can fail a score, and nothing is lost in silence: what cannot be read as a check
    is added to the words.

    Args:
        words: A text, or anything that can be written as one.
        checks: Checks, or one of them. Names of other libraries for their fields are understood
            (`key`, `name`, `comment`, `reason`); so are tuples of a criterion, whether it passed
            and why, and a dict of criteria. Of more than 100 those that failed are kept first,
            and the last one says how many are left out.

    Example:
        >>> read_feedback("two of five tests fail", [{"criterion": "test_a", "passed": True}])
        {'feedback': 'two of five tests fail', 'checks': [{'criterion': 'test_a', 'passed': True}]}
        >>> read_feedback(checks={"no commas": False})
        {'checks': [{'criterion': 'no commas', 'passed': False}]}
    """
    found, read, said = Feedback(), list[Check](), [_text(words, MAX_TEXT)]
    for entry in islice(_entries(checks), MOST_READ):
        if check := read_check(entry):
            read.append(check)
        elif not isinstance(entry, Mapping) or any(entry.values()):
            said.append(_text(entry, MAX_LINE))
    if text := _text("\n".join(filter(None, said)), MAX_TEXT):
        found["feedback"] = text
    if read:
        found["checks"] = _at_most(read)
    return found


def read_check(entry: object) -> Check | None:
    """Return one check as it may enter the pool, or `None` if it names no criterion."""
    if not isinstance(entry, Mapping) or not (name := next(_texts(entry, NAMES), "")):
        return None
    check = Check(criterion=name)
    passed, score = _as_python(entry.get("passed")), _as_python(entry.get("score"))
    if passed is None and isinstance(score, bool):
        passed, score = score, None
    if isinstance(passed, str):
        passed = VERDICTS.get(passed.strip().lower())
    if passed in (0, 1):
        check["passed"] = bool(passed)
    elif score is None:
        score = passed
    with suppress(TypeError, ValueError, OverflowError):  # not a number: it has no score
        if score is not None and math.isfinite(number := float(score)):  # type: ignore[arg-type]
            check["score"] = number
    if why := next(_texts(entry, WHYS), ""):
        check["why"] = why
    return check


def _entries(checks: object, depth: int = 0) -> Iterator[object]:
    """Yield checks one by one, each as a mapping if it can be."""
    given = getattr(checks, "model_dump", lambda: checks)()  # of pydantic
    if isinstance(given, Mapping):
        yield from [given] if _is_check(given) else map(_check_of, given, given.values())
    elif isinstance(given, tuple) and len(given) > 1 and isinstance(given[0], str):
        yield _check_of(given[0], *given[1:])
    elif depth < MOST_NESTED and isinstance(given, Iterable) and not isinstance(given, str | bytes):
        with suppress(TypeError):  # an array of no dimension
            for entry in given:
                yield from _entries(entry, depth + 1)
    else:
        yield given


def _is_check(given: Mapping[object, object]) -> bool:
    """Return whether a dict is one check, and not a dict of criteria, one of them called name."""
    named = [given[name] for name in NAMES if name in given]
    return bool(named) and all(
        isinstance(one, str) and one.strip().lower() not in VERDICTS for one in named
    )


def _check_of(criterion: object, found: object, *why: object) -> Mapping[str, object]:
    """Return a check of a criterion and what was found: a verdict, a number, a reason, or more."""
    if isinstance(found, Mapping):
        return {"criterion": criterion, **found}
    if isinstance(found, str) and found.strip().lower() not in VERDICTS:
        return {"criterion": criterion, "why": found}
    return {"criterion": criterion, "passed": found, "why": why[0] if why else None}


def _at_most(checks: Sequence[Check]) -> list[Check]:
    """Return checks, of too many those that failed first, in the order in which they came."""
    if len(checks) <= MAX_CHECKS:
        return list(checks)
    kept = {id(check) for check in failed_first(checks)[: MAX_CHECKS - 1]}
    more = count(len(checks) - len(kept), "more check")
    return [*(c for c in checks if id(c) in kept), Check(criterion=f"{more} left out")]


def _as_python(value: object) -> object:
    """Return a number of numpy or torch as Python's own."""
    with suppress(TypeError, ValueError, RuntimeError):
        return getattr(value, "item", lambda: value)()
    return None


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
