"""How OpenAI's protocol asks for a form: JSON of a schema, held to it strictly where it can be."""

from __future__ import annotations

import re

from ...core.answer_schema import ANY_OBJECT
from ...core.json_types import JsonObject

_NOT_IN_NAMES = re.compile(r"[^\w-]+", re.ASCII)


def response_format_of(schema: JsonObject) -> JsonObject:
    """Return the parameter `response_format` for a schema; one that asks for any object says so.

    Example:
        >>> response_format_of({"type": "object"})
        {'type': 'json_object'}
    """
    if {k: v for k, v in schema.items() if k != "title"} == ANY_OBJECT:
        return {"type": "json_object"}
    name = _NOT_IN_NAMES.sub("_", str(schema.get("title") or "reply"))[:64]
    form = {"name": name, "schema": schema, "strict": is_strict(schema)}
    return {"type": "json_schema", "json_schema": form}


def is_strict(schema: object) -> bool:
    """Return whether a schema is one that OpenAI can hold a model to: closed, nothing optional.

    Example:
        >>> is_strict({"type": "object", "properties": {"n": {}}, "additionalProperties": False})
        False
    """
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    if "allOf" in schema or "oneOf" in schema or "not" in schema:
        return False
    own = schema.get("properties", {})
    if schema.get("type") == "object" or "properties" in schema:
        closed = schema.get("additionalProperties") is False
        if not closed or set(schema.get("required", ())) != set(own):
            return False
    deeper = [*own.values(), *schema.get("$defs", {}).values()]
    return all(is_strict(part) for part in [*deeper, schema.get("items"), schema.get("anyOf")])
