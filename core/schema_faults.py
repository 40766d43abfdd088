"""Whether a JSON schema can be used: what is wrong with it, and how long its checks may take."""

from __future__ import annotations

from collections.abc import Iterator

from .json_schema import validator_of
from .json_types import JsonObject

VALUES = frozenset({"const", "enum", "default", "example", "examples"})  # hold no schemas
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
PLAIN = frozenset({
    "type", "required", "additionalProperties", "items", "prefixItems", "enum", "const", "anyOf",
    "oneOf", "allOf", "title", "description", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
    "maxProperties", "format", "nullable", "$schema", "discriminator", "properties", "$ref",
})  # fmt: skip
"""Keywords whose check takes no longer than the schema and the value are long."""
ASIDE = frozenset({"$defs", "definitions", "default", "examples"})  # cost nothing where they stand
QUICK = 200_000  # parts of a schema times characters: about a quarter of a second at worst


def fault_in(schema: JsonObject) -> tuple[str, str] | None:
    """Return the place in a schema that cannot be used, and why; `None` if there is none.

    Nothing is fetched: a reference leads to a part of the schema itself, or is refused.

    Example:
        >>> fault_in({"properties": {"n": {"pattern": "("}}})[0]
        '$.properties.n.pattern'
    """
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    if schema.get("$schema") and validator_for(schema, None) is None:  # pyright: ignore[reportArgumentType]
        return "$.$schema", "is not a version of JSON Schema that is known here"
    try:
        validator_of(schema).check_schema(schema)
    except SchemaError as error:
        return error.json_path, error.message
    except (RecursionError, OverflowError) as error:  # of a pattern, say
        return "$", f"is more than can be read: {error}"
    return next(dead_references(schema), None)


def is_quick(schema: JsonObject, characters: int) -> bool:
    """Return whether it takes no time worth mentioning to check a text of this length.

    References are followed; a circle of them uses the time up.

    Example:
        >>> is_quick({"type": "string"}, 100), is_quick({"pattern": "(a+)+$"}, 100)
        (True, False)
    """
    left, parts = QUICK // max(1, characters), list[object]([schema])
    while parts and left > 0:
        left, part = left - 1, parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict):
            if part.keys() - PLAIN - ASIDE:
                return False
            parts += parts_of(part, schema)
    return left > 0


def parts_of(part: JsonObject, whole: JsonObject) -> Iterator[object]:
    """Yield what is checked with a part of a schema."""
    for name, value in part.items():
        if name == "$ref":
            yield target_of(whole, value)
        elif name == "properties":
            yield list(value.values())
        elif name not in ASIDE:
            yield value


def dead_references(schema: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield references that lead nowhere."""
    for path, name, value in keywords_in(schema, "$"):
        if name in REFERENCES and isinstance(value, str) and not leads_inside(schema, value):
            yield path, f"{value[:100]!r} is not a part of the schema: nothing is fetched"


def keywords_in(part: object, path: str) -> Iterator[tuple[str, str, object]]:
    """Yield every key of a schema with its place and its value, all the way down."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield f"{path}.{name}", name, value
            if name not in VALUES:
                yield from keywords_in(value, f"{path}.{name}")
    elif isinstance(part, list):
        for place, value in enumerate(part):
            yield from keywords_in(value, f"{path}[{place}]")


def leads_inside(schema: JsonObject, reference: str) -> bool:
    """Return whether a reference leads to a part of the schema."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    if not reference.startswith("#"):
        return False
    whole = Registry().with_resource("", DRAFT202012.create_resource(schema))
    try:
        whole.resolver().lookup(reference)
    except (Unresolvable, ValueError, TypeError, AttributeError):
        return False
    return True


def target_of(whole: object, reference: str) -> object:
    """Return the part that a reference leads to; one that does not say it by steps costs all."""
    if not reference.startswith("#/"):
        return whole
    for step in reference[2:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        whole = whole[int(name)] if isinstance(whole, list) else whole[name]  # type: ignore[index]
    return whole
