"""The JSON schema that a run's answers are to fit: checked when it is given, then unchangeable."""

from __future__ import annotations

import json

from .errors import evidence
from .json_types import JsonObject
from .schema_faults import fault_in
from .strict_json import parse_json

MOST = 100_000  # characters of a schema
DEEPEST = 50  # levels of it
ANY_OBJECT: JsonObject = {"type": "object"}
"""What "JSON mode" asks for: an object, whatever is in it."""


class AnswerSchema(JsonObject):
    """A schema that was checked; settings are compared and looked up by it."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(json.dumps(self, sort_keys=True))


def checked_schema(given: JsonObject) -> AnswerSchema:
    """Return a schema that can be used.

    Raises:
        ValueError: it is no schema, or is too large; with the place in it.

    Example:
        >>> checked_schema({"type": "object"})
        {'type': 'object'}
    """
    if isinstance(given, AnswerSchema):
        return given
    try:
        text = json.dumps(given, allow_nan=False)
        schema = parse_json(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {evidence(error)}") from None
    if len(text) > MOST or depth_of(schema) > DEEPEST:
        raise ValueError(
            f"it has {len(text)} characters and {depth_of(schema)} levels; {MOST} and {DEEPEST} "
            "are the most"
        )
    if fault := fault_in(schema):
        path, said = map(evidence, fault)
        raise ValueError(f"it is not a JSON schema that can be used: {path}: {said}")
    return AnswerSchema(schema)


def depth_of(value: object) -> int:
    """Return how many levels a value has.

    Example:
        >>> depth_of({"a": [1]})
        2
    """
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        inner = [part.values() if isinstance(part, dict) else part for part in level]
        level = [one for part in inner for one in part]
    return depth
