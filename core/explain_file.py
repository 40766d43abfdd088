"""What is wrong with a file that a person wrote, in words and with the keys that there are."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from .errors import evidence

Keys = Mapping[str, type[BaseModel]]
"""What each list of tables in a file is read with; "" is the file itself."""
_KINDS = {
    "string": "a text",
    "bool": "true or false",
    "float": "a number",
    "finite": "a finite number",
    "int": "a whole number",
    "list": "a list",
    "model": "a table of its own",
}


def explain_file(error: ValidationError, keys: Keys) -> str:
    """Turn pydantic's report into one sentence: where, what is wrong, what is allowed.

    Args:
        error: The report.
        keys: What the file was read with.

    Example:
        >>> class File(BaseModel, extra="forbid"):
        ...     depth: int
        >>> try:
        ...     File.model_validate({"dept": 1})
        ... except ValidationError as wrong:
        ...     explain_file(wrong, {"": File})
        'it has no depth; dept is not a key: did you mean depth? Keys: depth'
    """
    return "; ".join(fault_in_words(dict(one), keys) for one in error.errors(include_url=False))


def fault_in_words(fault: Mapping[str, Any], keys: Keys) -> str:
    """Return one of the faults that pydantic reports in words."""
    kind, (*tables, key) = str(fault["type"]), fault["loc"]
    if isinstance(key, int):  # an item of a list
        tables, key = tables[:-1], f"{tables[-1]} {key + 1}"
    table = " ".join(str(one + 1 if isinstance(one, int) else one) for one in tables)
    where = f"{key} in {table}" if table else key
    if kind == "missing":
        return f"{table or 'it'} has no {key}"
    if kind == "extra_forbidden":
        known = list(keys[tables[0] if tables else ""].model_fields)
        meant = [f": did you mean {one}?" for one in get_close_matches(key, known, 1)]
        return f"{where} is not a key{[*meant, '.'][0]} Keys: {', '.join(known)}"
    if kind == "too_short":
        return f"{where} must not be empty"
    expected = fault.get("ctx", {}).get("expected")
    allowed = _KINDS.get(kind.partition("_")[0]) or expected or str(fault["msg"]).lower()
    return f"{where} must be {allowed}, not {evidence(repr(fault['input']))}"
