"""Whether a JSON schema can be used: what is wrong with it, and how long its checks may take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from .json_schema import validator_of
from .json_types import JsonObject
from .schema_circles import NAMES, VALUES, circle_in, target_of
from .schema_of_schemas import REFERENCES, checker_of

PLAIN = frozenset({
    "type", "required", "additionalProperties", "items", "prefixItems", "enum", "const", "anyOf",
    "oneOf", "allOf", "title", "description", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
    "maxProperties", "format", "nullable", "$schema", "discriminator", "properties", "$ref",
})  # fmt: skip
"""Keywords whose check takes no longer than the schema and the value are long."""
ASIDE = frozenset({"$defs", "definitions", "default", "examples"})  # cost nothing where they stand
QUICK = 200_000  # parts of a schema times characters: about a quarter of a second at worst


class Referenced(Protocol):
    """What a reference leads to, as the library `referencing` has it."""

    @property
    def contents(self) -> object: ...  # noqa: D102


def fault_in(schema: JsonObject) -> tuple[str, str] | None:
    """Return the place in a schema that cannot be used, and why; `None` if there is none.

    Nothing is fetched: a reference leads to a part of the schema itself, or is refused.

    Example:
        >>> fault_in({"properties": {"n": {"pattern": "("}}})[0]
        '$.properties.n.pattern'
    """
    from jsonschema.validators import validator_for

    if schema.get("$schema") and validator_for(schema, None) is None:  # pyright: ignore[reportArgumentType]
        return "$.$schema", "is not a version of JSON Schema that is known here"
    if not isinstance(schema.get("$id", ""), str):
        return "$.$id", "is not a text"
    try:
        for error in checker_of(type(validator_of(schema))).iter_errors(schema):
            return error.json_path, error.message
    except (RecursionError, OverflowError) as error:  # of a pattern, say
        return "$", f"is more than can be read: {error}"
    return next(dead_references(schema), None) or circle_in(schema)


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
    """Yield references that lead to no schema, and addresses that would lead them astray."""
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    whole = Registry().with_resource("", DRAFT202012.create_resource(schema)).resolver()
    inside = {id(part) for part in schemas_in(schema)}
    for path, name, value in keywords_in(schema, "$"):
        if name == "$id" and path != "$.$id":
            yield path, "is an address of a part: only the whole schema may have one"
        if name not in REFERENCES or not isinstance(value, str):
            continue
        found = led_to(whole.lookup, value)
        if not isinstance(found, bool) and id(found) not in inside:
            yield path, f"{value[:100]!r} is not a part of the schema: nothing is fetched"


def keywords_in(part: object, path: str) -> Iterator[tuple[str, str, object]]:
    """Yield every keyword of a schema with its place and its value, all the way down."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield f"{path}.{name}", name, value
            if name in NAMES and isinstance(value, dict):  # of properties, say: no keywords
                for own, inner in value.items():
                    yield from keywords_in(inner, f"{path}.{name}.{own}")
            elif name not in VALUES:
                yield from keywords_in(value, f"{path}.{name}")
    elif isinstance(part, list):
        for place, value in enumerate(part):
            yield from keywords_in(value, f"{path}[{place}]")


def led_to(look_up: Callable[[str], Referenced], reference: str) -> object:
    """Return what of a schema a reference leads to; `None` if that is elsewhere."""
    from referencing.exceptions import Unresolvable

    try:
        return look_up(reference).contents if reference.startswith("#") else None
    except (Unresolvable, ValueError, TypeError, AttributeError):
        return None


def schemas_in(schema: JsonObject) -> Iterator[JsonObject]:
    """Yield the objects that stand where a schema may stand."""
    yield schema
    for _, name, value in keywords_in(schema, ""):
        if isinstance(value, dict) and name not in VALUES:
            found = [*value.values()] if name in NAMES else [value]
        else:
            found = value if isinstance(value, list) and name not in VALUES else []
        yield from (one for one in found if isinstance(one, dict))
