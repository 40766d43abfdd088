"""What a user's function returned for an answer, as a score: a number, or a number with words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from .base import Score, scored
from .number import is_number

# Where evaluators of other libraries put their words.
_WORDS = ("feedback", "comment", "explanation", "reason")
# The grades of inspect_ai, as its own `value_to_float` counts them.
_GRADES: Mapping[str, float] = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}


def score_of(returned: Any) -> Score:
    """Return what a function returned as a score; `sound` looks at its number later.

    Args:
        returned: A number; a tuple of a number and words, or checks, or both; a `Score`; a dict of
            `reward` and `feedback`; OpenEvals' dict of `key`, `score`, `comment`; inspect's
            `Score`; DSPy's prediction with `score` and `feedback`.

    Example:
        >>> score_of((0.5, "half of it is missing"))
        {'reward': 0.5, 'error': None, 'feedback': 'half of it is missing'}
        >>> score_of({"key": "tone", "score": True, "comment": "polite"})
        {'reward': True, 'error': None, 'feedback': 'polite'}
    """
    match returned:
        case {"reward": _, "error": _}:
            return cast("Score", returned)  # `sound` looks at the rest too
        case {"score": number} | {"reward": number}:
            return scored(number, _said_in(returned.get), returned.get("checks", ()))
        case tuple((number, str() | None as words)):
            return scored(number, words)
        case tuple((number, str() | None as words, list() | dict() as checks)):
            return scored(number, words, checks)
        case tuple((number, list() | dict() as checks)):
            return scored(number, checks=checks)

    value: Any = returned
    if hasattr(value, "explanation") and hasattr(value, "value"):
        grade = value.value
        value = _GRADES.get(grade, grade) if isinstance(grade, str) else grade
    elif is_number(getattr(value, "score", None)):
        value = value.score
    return scored(value, _said_in(lambda name: getattr(returned, name, None)))


def _said_in(field: Callable[[str], object]) -> str:
    return str(next(filter(None, map(field, _WORDS)), ""))
