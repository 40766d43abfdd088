"""What a user's function returned for an answer, as a score: a number, or a number with words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from .base import Score, scored

# Where evaluators of other libraries put their words.
_WORDS = ("feedback", "comment", "explanation", "reason")
# The grades of inspect_ai, as its own `value_to_float` counts them.
_GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}


def score_of(returned: Any) -> Score:
    """Return what a function returned as a score; `sound` looks at its number later.

    Args:
        returned: A number; a pair of a number and words, or checks; a `Score`; OpenEvals' dict
            of `key`, `score`, `comment`; inspect's `Score`; DSPy's prediction with `score` and
            `feedback`.

    Example:
        >>> score_of((0.5, "half of it is missing"))
        {'reward': 0.5, 'error': None, 'feedback': 'half of it is missing'}
        >>> score_of({"key": "tone", "score": True, "comment": "polite"})
        {'reward': True, 'error': None, 'feedback': 'polite'}
    """
    if isinstance(returned, Mapping):
        return _of_mapping(returned)
    if isinstance(returned, tuple) and len(returned) == 2:
        number, words = returned
        if isinstance(words, list):
            return scored(number, checks=words)
        if words is None or isinstance(words, str):
            return scored(number, words or "")
    return _of_object(returned)


def _of_mapping(returned: Mapping[str, Any]) -> Score:
    if {"reward", "error"} <= returned.keys():
        return cast("Score", returned)  # `sound` reads it
    if "score" not in returned:
        return scored(cast("float", returned))
    words = next((returned[name] for name in _WORDS if returned.get(name)), "")
    return scored(returned["score"], words, returned.get("checks", ()))


def _of_object(returned: Any) -> Score:
    """Return the score of an object of another library, or take it for a number."""
    words = next((said for name in _WORDS if (said := getattr(returned, name, None))), "")
    if hasattr(returned, "explanation") and hasattr(returned, "value"):
        value = returned.value
        number = _GRADES[value] if isinstance(value, str) and value in _GRADES else value
        return scored(number, words)
    if isinstance(getattr(returned, "score", None), float | int):
        return scored(returned.score, words)
    return scored(returned)
