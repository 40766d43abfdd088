"""The arms of a comparison as they are typed: `NAME:key=value,...`."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import InputError
from .typed_values import OWN


def read_arms_typed(typed: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return the settings of arms by their names.

    A comma that no `key=` follows belongs to the value before it.

    Raises:
        InputError: one has no name, or a part no `=`; or two have the same name.

    Example:
        >>> read_arms_typed(["deep:mode=tpo,depth=4", "plain:mode=best_of_n"])
        {'deep': {'mode': 'tpo', 'depth': '4'}, 'plain': {'mode': 'best_of_n'}}
    """
    found: dict[str, dict[str, object]] = {}
    for one in typed:
        name, _, rest = one.partition(":")
        if not name or name in found:
            raise InputError(f"--arm {one}: give each arm a name of its own, NAME:key=value,...")
        found[name] = settings_typed(one, rest)
    return found


def settings_typed(arm: str, text: str) -> dict[str, object]:
    """Return the settings in the part after an arm's name."""
    parts: list[str] = []
    for piece in text.split(",") if text else []:
        if "=" in piece.partition(":")[0] or not parts:
            parts.append(piece)
        else:
            parts[-1] += f",{piece}"
    settings: dict[str, object] = {}
    for part in parts:
        key, sign, value = part.partition("=")
        if not key or not sign:
            raise InputError(f"--arm {arm}: {part!r} is not key=value")
        settings[key.strip().replace("-", "_")] = None if value == OWN else value
    return settings
