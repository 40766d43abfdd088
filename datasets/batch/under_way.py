"""Where the rows under way are: in a file of the folder, or in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ...core.errors import MissingDependencyError
from ...core.json_types import JsonObject
from .row_saver import RowSaver
from .sqlite_rows import sqlite_rows

RUNS = "runs.db"


@asynccontextmanager
async def rows_under_way(
    path: Path, checkpoints: str, about: JsonObject
) -> AsyncIterator[RowSaver]:
    """Open what holds the rows under way.

    Args:
        path: The folder.
        checkpoints: The address of the database; "": a file in the folder.
        about: The folder's metadata.

    Raises:
        MissingDependencyError: the extra is not installed.
        StoreError: it cannot be used.
    """
    if not checkpoints:
        with sqlite_rows(path / RUNS) as saver:
            yield saver
        return
    try:
        from .postgres_rows import postgres_rows
    except ImportError:
        raise MissingDependencyError(
            "checkpoints in PostgreSQL need an extra: pip install 'tpo[postgres]'"
        ) from None
    async with postgres_rows(checkpoints, f"batch-{about['batch']}/") as database:
        yield database
