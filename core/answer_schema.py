"""The JSON schema that a run's answers are to fit: checked when it is given, then unchangeable."""

from __future__ import annotations

import json
from functools import lru_cache

from .errors import evidence
from .json_types import JsonObject
from .schema_faults import fault_in
from .strict_json import parse_json

MOST_CHARS, MOST_PARTS, MOST_LEVELS = 50_000, 2000, 50
"""How large a schema may be: 0.18 s was the longest check measured, and nothing else runs then."""
ANY_OBJECT: JsonObject = {"type": "object"}
"""What "JSON mode" asks for: an object, whatever is in it."""


class AnswerSchema(JsonObject):
    """A schema that was checked; settings are compared and looked up by it."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(json.dumps(self, sort_keys=True))


def typed_schema(given: object) -> object:
    """Return a schema that a form, a table or a command line holds as a text of JSON.

    Raises:
        ValueError: it is not JSON.
    """
    if not isinstance(given, str):
        return given
    try:
        return parse_json(given) if given.strip() else None
    except ValueError as error:
        raise ValueError(f"it is not JSON: {evidence(str(error))}") from None


def checked_schema(given: JsonObject) -> AnswerSchema:
    """Return a schema that can be used.

    Raises:
        ValueError: it is not a schema, or is too large; with the place in it.

    Example:
        >>> checked_schema({"type": "object"})
        {'type': 'object'}
    """
    try:
        text = json.dumps(given, allow_nan=False)
        schema = parse_json(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {evidence(error)}") from None
    if said := too_large(schema, len(text)) or known_fault(text):
        raise ValueError(said)
    return AnswerSchema(schema)


def too_large(schema: JsonObject, characters: int) -> str:
    """Return why a schema is too large; "" if it is not."""
    levels, parts, level = 0, 0, list[JsonObject | list[object]]([schema])
    while level:
        levels, parts = levels + 1, parts + len(level)
        inner = [part.values() if isinstance(part, dict) else part for part in level]
        level = [one for part in inner for one in part if isinstance(one, dict | list)]
        parts += sum(isinstance(one, bool) for part in inner for one in part)
    found = (characters, parts, levels)
    most = (MOST_CHARS, MOST_PARTS, MOST_LEVELS)
    if all(n <= limit for n, limit in zip(found, most, strict=True)):
        return ""
    return (
        f"it has {characters} characters, {parts} parts and {levels} levels; "
        f"{MOST_CHARS}, {MOST_PARTS} and {MOST_LEVELS} are the most"
    )


@lru_cache(maxsize=64)
def known_fault(text: str) -> str:
    """Return why a schema cannot be used; "" if it can. A run makes its settings several times."""
    if not (fault := fault_in(json.loads(text))):
        return ""
    path, said = map(evidence, fault)
    return f"this JSON schema cannot be used: {path}: {said}"
