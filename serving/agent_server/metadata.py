"""The metadata of threads and runs: its size, and how a search compares it."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import AfterValidator

from ...core.json_types import JsonObject
from ..json_response import to_json

MAX_METADATA_BYTES = 64_000  # every list of threads holds it
MAX_SEARCH_KEYS = 100  # keys of a search


def check_size(metadata: JsonObject) -> JsonObject:
    """Return metadata that is small enough to be listed.

    Raises:
        ValueError: it is too large.
    """
    size = len(to_json(metadata))
    if size > MAX_METADATA_BYTES:
        raise ValueError(f"metadata holds {size} bytes; at most {MAX_METADATA_BYTES} are taken")
    return metadata


def check_search(wanted: JsonObject) -> JsonObject:
    """Return what a search asks for, if it is small enough to compare with every thread.

    Raises:
        ValueError: it is too large.
    """
    if len(wanted) > MAX_SEARCH_KEYS:
        raise ValueError(
            f"{len(wanted)} keys are searched for; at most {MAX_SEARCH_KEYS} are taken"
        )
    return check_size(wanted)


Metadata = Annotated[JsonObject, AfterValidator(check_size)]
MetadataSearch = Annotated[JsonObject, AfterValidator(check_search)]


def contains(whole: object, part: object) -> bool:
    """Return whether a JSON value contains another, by the rules of the Agent Server.

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
    """Compare JSON texts, for SQLite: its own JSON paths fail at unusual keys and bad rows."""
    try:
        return contains(json.loads(whole or b""), json.loads(part))
    except (ValueError, RecursionError):
        return False  # a row that cannot be read contains nothing
