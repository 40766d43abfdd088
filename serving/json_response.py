"""A JSON response, whatever the values are: the text is always valid JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from pydantic import BaseModel
from starlette.responses import Response

MAX_DEPTH = 200  # of a value that had to be repaired


class JsonResponse(Response):
    """A JSON response; messages and other models may be in it."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Return the content as JSON."""
        return to_json(content)


def to_json(value: object) -> bytes:
    """Return JSON in UTF-8.

    Models become dicts, lone surrogates escapes, and numbers that are not finite null: a state
    saved by another program, or by an older version, may hold them.
    """
    try:
        text = _dumps(value)
    except (ValueError, TypeError, RecursionError):
        text = _dumps(_repaired(value, MAX_DEPTH))
    return text.encode("utf-8", "backslashreplace")


def _dumps(value: object) -> str:
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
    )


def _repaired(value: object, depth: int) -> object:
    """Return a value that can be written as JSON; what is nested too deeply is cut off."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if not depth:
        return None
    if isinstance(value, Mapping):
        return {
            key if isinstance(key, str) else to_json(key).decode(): _repaired(item, depth - 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_repaired(item, depth - 1) for item in value]
    return _repaired(_plain(value), depth - 1)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, type):
        return value.model_json_schema() if issubclass(value, BaseModel) else value.__name__
    if is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return str(value)
