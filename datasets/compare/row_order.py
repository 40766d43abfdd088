"""The order of rows in a comparison."""

from __future__ import annotations

import re


def by_number(id: str) -> list[tuple[int, str]]:
    """Return what ids are sorted by: rows end in any order, and a report must not tell which.

    Example:
        >>> sorted(["r10", "r9", "a"], key=by_number)
        ['a', 'r9', 'r10']
    """
    parts = re.split(r"(\d+)", id)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
