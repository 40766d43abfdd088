"""The address after `--ray`, which may be left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

ADDRESS = re.compile(r"auto|local|[^\s/]+:\d+|ray://.*")  # another word after --ray is the file


def with_address(args: Sequence[str]) -> list[str]:
    """Return what was typed, with the address that `--ray` may leave out.

    Example:
        >>> with_address(["batch", "--ray", "prompts.jsonl"])
        ['batch', '--ray', 'auto', 'prompts.jsonl']
    """
    given = list(args)
    if "--ray" in given:
        after = given.index("--ray") + 1
        if not ADDRESS.fullmatch(given[after] if after < len(given) else ""):
            given.insert(after, "auto")
    return given
