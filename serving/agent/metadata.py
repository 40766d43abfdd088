"""Metadata: how much is taken, and whether it holds what a search asks for."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator

from ..as_json import to_json

MOST_BYTES = 64_000  # every list of threads sends it
MOST_WANTED = 100  # keys of a search


def small(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return metadata that is small enough to be listed.

    Raises:
        ValueError: it is too large.
    """
    size = len(to_json(metadata))
    if size > MOST_BYTES:
        raise ValueError(f"metadata holds {size} bytes; at most {MOST_BYTES} are taken")
    return metadata


def few(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what a search asks for, if it is little enough to be compared with every thread.

    Raises:
        ValueError: it is too much.
    """
    if len(wanted) > MOST_WANTED:
        raise ValueError(f"{len(wanted)} keys are searched for; at most {MOST_WANTED} are taken")
    return small(wanted)


Metadata = Annotated[dict[str, Any], AfterValidator(small)]
Wanted = Annotated[dict[str, Any], AfterValidator(few)]


def contains(whole: object, part: object) -> bool:
    """Tell whether a JSON value holds another, as Agent Server compares them.

    Objects are compared key by key, everything else as a whole.

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
