"""JSON from outside: numbers and depths that would break what is made of them are refused."""

from __future__ import annotations

import json
import math
import re
from functools import partial
from typing import Any

MAX_DEPTH = 100
HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")  # or a whole one, of two halves


def parse_json(text: str | bytes, *, unique: bool = False) -> Any:
    """Return what a JSON text holds.

    Python's reader takes `NaN` and `Infinity`, which are not JSON, and makes infinity of `1e400`;
    written out again, no other program could read them. Half a character (a text cut through
    an emoji) becomes the sign for a broken one: no file and no model would take it.

    Args:
        text: The JSON.
        unique: Whether a key that an object has twice is refused; else the last one counts.

    Raises:
        ValueError: it is not JSON, holds a number beyond the range of a float, or is nested
            deeper than 100 levels.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")  # as json.loads does
    try:
        value = (UNIQUE if unique else USUAL).decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    depth, level = 0, [value]
    while parts := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
        level = [
            inner for part in parts for inner in (part.values() if isinstance(part, dict) else part)
        ]
    if ("\\u" in text or not text.isascii()) and HALF.search(text):  # the first look is quick
        halves = json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
        return json.loads(halves.decode("utf-16-le", "replace"))
    return value


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose keys differ.

    Raises:
        ValueError: one is there twice.
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for key in made if [name for name, _ in pairs].count(key) > 1)
        raise ValueError(f'"{twice[:40]}" is there twice in one object')
    return made


def _number(digits: str) -> float:
    number = float(digits)
    if not digits[-1].isdigit():
        raise ValueError(f"{digits} is not a JSON number")
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:40]} is too large")
    return number if {".", "e", "E"} & set(digits) else int(digits)


DECODER = partial(json.JSONDecoder, parse_constant=_number, parse_float=_number, parse_int=_number)
USUAL, UNIQUE = DECODER(), DECODER(object_pairs_hook=once_each)
