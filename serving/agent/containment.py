"""Whether metadata holds what a search asks for, as Agent Server compares it."""

from __future__ import annotations

import json
from typing import Any


def contains(whole: Any, part: Any) -> bool:
    """Tell whether a JSON value holds another: objects key by key, everything else as a whole.

    Example:
        >>> contains({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1}})
        True
    """
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and contains(whole[key], value) for key, value in part.items()
        )
    return bool(whole == part) and isinstance(whole, bool) == isinstance(part, bool)


def text_contains(whole: bytes | None, part: str) -> bool:
    """Compare JSON texts: a function for SQLite, whose own paths break on odd keys and rows."""
    try:
        return contains(json.loads(whole or b""), json.loads(part))
    except (ValueError, RecursionError):
        return False  # a row that cannot be read holds nothing
