"""A row of a batch, found by its id or the beginning of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...core.errors import InputError


def find_row(ids: Sequence[str], beginning: str, folder: Path) -> str:
    """Return the id of the row that is called so, or else of the one that begins so.

    Args:
        ids: Those of the rows that have begun.
        beginning: What was typed.
        folder: The batch's, for the message.

    Raises:
        InputError: no row does, or several do.
    """
    found = [row for row in ids if row.startswith(beginning)] if beginning else []
    if beginning in found:
        return beginning
    if len(found) > 1:
        raise InputError(
            f"several rows begin with {beginning!r}: {', '.join(found[:5])}; type more"
        )
    if not found:
        raise InputError(
            f"no row {beginning!r} of {folder} has begun; list those that have with: "
            f"tpo runs --db {folder}"
        )
    return found[0]
