"""Where the references of a JSON schema lead, and whether they go round in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from .json_types import JsonObject

VALUES = frozenset({"const", "enum", "default", "example", "examples"})  # hold no schemas
NAMES = frozenset({
    "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies",
})  # fmt: skip
"""Hold schemas by names of the author's."""
CIRCLE = "goes round in a circle: it asks the same of the same value for ever"


def circle_in(schema: JsonObject) -> tuple[str, str] | None:
    """Return a fault if a part asks of a value what it asks of the same value already.

    A part that asks something of the parts of a value, as of a tree, goes round with reason.

    Example:
        >>> circle_in({"$ref": "#"})
        ('$', 'goes round in a circle: it asks the same of the same value for ever')
    """
    done, around = set[int](), set[int]()

    def goes_round(part: object) -> bool:
        if not isinstance(part, dict) or id(part) in done:
            return False
        if id(part) in around:
            return True
        around.add(id(part))
        found = any(goes_round(one) for one in same_value(part, schema))
        around.remove(id(part))
        done.add(id(part))
        return found

    try:
        return ("$", CIRCLE) if any(map(goes_round, all_parts(schema))) else None
    except RecursionError:
        return "$", "leads from reference to reference for too long"


def same_value(part: JsonObject, whole: JsonObject) -> Iterator[object]:
    """Yield the parts that a part asks of the value that it is asked of itself."""
    for name, value in part.items():
        if name == "$ref" and isinstance(value, str) and (value == "#" or value[:2] == "#/"):
            yield target_of(whole, value)
        elif name in {"allOf", "anyOf", "oneOf"} and isinstance(value, list):
            yield from value
        elif name in {"not", "if", "then", "else"}:
            yield value


def all_parts(schema: JsonObject) -> Iterator[JsonObject]:
    """Yield what a schema is and leads to, for what may be asked of some value."""
    seen, parts = set[int](), list[object]([schema])
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict) and id(part) not in seen:
            seen.add(id(part))
            yield part
            parts += [
                *same_value(part, schema),
                *(value for name, value in part.items() if name not in VALUES),
            ]


def target_of(whole: object, reference: str) -> object:
    """Return the part that a reference leads to; one that does not say it by steps costs all."""
    if not reference.startswith("#/"):
        return whole
    for step in reference[2:].split("/"):
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        whole = whole[int(name)] if isinstance(whole, list) else whole[name]  # type: ignore[index]
    return whole
