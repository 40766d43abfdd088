"""Whether an answer is JSON that fits a schema, and if not, what is wrong at which place."""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import ConfigError, evidence
from ...core.json_types import JsonObject
from ...core.strict_json import parse_json
from ..base import Score, scored

if TYPE_CHECKING:
    from jsonschema import ValidationError

SHOWN = 5  # violations that are told
_GROUP = re.compile(r"\\.|(\((?:\?(?::|P<\w+>))?|\)|\[(?=.\])|(?<=\[.)\])", re.DOTALL)
_LITERAL = re.compile(r"\^?(?:[\w\s,:;=/%@#!'\"<>&~-]|\\[^\w\s])*\$?")


def json_valid(query: str, answer: str, *, schema: JsonObject) -> Score:
    """Return 1 when the answer (a fenced block counts) is JSON that fits the schema.

    Example:
        >>> json_valid("", '{"n": "1"}', schema={"properties": {"n": {"type": "integer"}}})
        {'reward': 0.0, 'error': None, 'feedback': "$.n: '1' is not of type 'integer'"}
    """
    from jsonschema import Draft202012Validator

    body = answer.strip()
    if body.startswith("```"):
        body = body.split("\n", 1)[-1].rsplit("```", 1)[0]
    try:
        value = parse_json(body)
    except ValueError as error:  # not JSON (NaN is not either), or nested without end
        return scored(0.0, f"the answer is not JSON with nothing around it: {error}")
    found = [*islice(map(violation, Draft202012Validator(schema).iter_errors(value)), SHOWN + 1)]
    more = ["and more"] if len(found) > SHOWN else []
    return scored(float(not found), "\n".join([*found[:SHOWN], *more]))


def violation(error: ValidationError) -> str:
    """Return what is wrong, and where.

    What a schema allows as the only value may be the reference answer: that is never told.
    """
    only = isinstance(error.schema, dict) and fixes_value(error.schema)
    said = error.message
    if only or error.validator == "not":  # its sentence would hold the schema that must not fit
        said = "is not an allowed value"
    return f"{evidence(error.json_path)}: {evidence(said)}"


def fixes_value(schema: JsonObject) -> bool:
    """Return whether a schema leaves one value to choose.

    Example:
        >>> fixes_value({"const": 42}), fixes_value({"enum": ["yes", "no"]})
        (True, False)
    """
    pattern, least = schema.get("pattern"), schema.get("minimum")
    # Brackets around a text, or around one character, leave as little to choose.
    plain = _GROUP.sub(lambda found: "" if found[1] else found[0], str(pattern))
    return (
        "const" in schema
        or ("enum" in schema and len(schema["enum"]) == 1)
        or (least is not None and least == schema.get("maximum"))
        or (isinstance(pattern, str) and _LITERAL.fullmatch(plain) is not None)
    )


def read_schema(path: str) -> JsonObject:
    """Read a schema from a file.

    Raises:
        ConfigError: it cannot be read, or is not a schema.
    """
    try:
        schema = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the JSON schema {path} cannot be read: {evidence(error)}") from None
    if not isinstance(schema, dict):
        raise ConfigError(f"the JSON schema {path} is not an object")
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ConfigError(f"{path} is not a valid JSON schema: {evidence(error.message)}") from None
    return schema
