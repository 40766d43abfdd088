"""The files that specs of rewards name: a batch goes on only while they say what they said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...core.errors import InputError
from ...rewards.mixing.mix_file import specs_in_mix
from ..rows.row import digest_of

MIX = "mix:"
CACHED = re.compile(r"\s*(?:cached:\s*)*")
NAMING = (MIX, "rubric:", "verify:json:")


def reward_files(rewards: Iterable[object]) -> dict[str, str]:
    """Return a digest of each file that a spec names, of a mix those of its parts too.

    Args:
        rewards: Specs; whatever else there is names no file.
    """
    found: dict[str, str] = {}
    for spec in rewards:
        plain = CACHED.sub("", spec) if isinstance(spec, str) else ""
        begin = next((b for b in NAMING if plain.startswith(b)), "")
        path = Path(plain.removeprefix(begin).partition("?")[0])
        if begin and path.is_file():
            found[str(path)] = digest_of(path.read_text(encoding="utf-8", errors="replace"))
            found |= reward_files(specs_in_mix(str(path))) if begin == MIX else {}
    return found


def require_same_files(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Refuse to go on if a file says something else; an older version kept no digests.

    Raises:
        InputError: it is named.
    """
    if other := [path for path, digest in now.items() if before.get(path, digest) != digest]:
        raise InputError(
            f"{other[0]} has changed since the folder was begun, so its rewards would be on two "
            "scales: put it back, or give another folder"
        )
