"""The schema of schemas in one piece: seven parts joined, so that a check is quick.

Nothing else runs while a server checks a schema, and anyone may send one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .json_types import JsonObject

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


_made: dict[object, Validator] = {}


def checker_of(kind: type[Validator]) -> Validator:
    """Return what checks schemas of a version, as `kind.check_schema` does; made once.

    Args:
        kind: The version's validator.
    """
    if kind not in _made:
        _made[kind] = new_checker(kind)
    return _made[kind]


def new_checker(kind: type[Validator]) -> Validator:
    """Make it."""
    from jsonschema.validators import validator_for
    from referencing import Registry

    whole = cast("JsonObject", kind.META_SCHEMA)
    if "allOf" in whole:
        whole = in_one_piece(whole)
    check = validator_for(whole, kind)
    made: Validator = check(whole, registry=Registry(), format_checker=check.FORMAT_CHECKER)
    return made


def in_one_piece(whole: JsonObject) -> JsonObject:
    """Return a schema of schemas with what its parts say about keywords in it."""
    from jsonschema_specifications import REGISTRY

    look_up = REGISTRY.resolver(whole["$id"]).lookup
    parts = [*(look_up(part["$ref"]).contents for part in whole["allOf"]), whole]
    joined = {
        name: {key: value for part in parts for key, value in part.get(name, {}).items()}
        for name in ("properties", "$defs")
    }
    one = {"$schema": whole["$schema"], "type": whole["type"], **joined}
    return cast("JsonObject", pointing_to_itself(one))


def pointing_to_itself(part: object) -> object:
    """Return a part of it with references that lead into the one piece."""
    if isinstance(part, list):
        return [pointing_to_itself(one) for one in part]
    if not isinstance(part, dict):
        return part
    found: JsonObject = {}
    for key, value in part.items():
        if key in REFERENCES and isinstance(value, str):
            _, _, place = value.partition("#")
            found["$ref"] = f"#{place}" if place.startswith("/") else "#"
        else:
            found[key] = pointing_to_itself(value)
    return found
