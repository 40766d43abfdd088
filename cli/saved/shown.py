"""A run to be shown: from the file of saved runs, or a row from the folder of a batch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph.types import StateSnapshot

from .batch_rows import is_batch, open_batch_rows
from .saved_run import SavedRun, open_run
from .store import store_path


@asynccontextmanager
async def open_to_show(
    db: str | None, beginning: str, *, checkpoints: bool
) -> AsyncIterator[tuple[SavedRun, StateSnapshot]]:
    """Open a run, or a row of a batch, and give its newest state beside it.

    Args:
        db: The file or the folder, as it was typed.
        beginning: The run's id, or its first characters.
        checkpoints: Whether its checkpoints are asked for.

    Raises:
        InputError: there is no such run; or it is a row that has ended, without checkpoints.
        StoreError: the file is missing, or cannot be used.
    """
    if is_batch(path := store_path(db)):
        async with open_batch_rows(path) as batch:
            yield await batch.shown(batch.find(beginning), checkpoints=checkpoints)
        return
    async with open_run(db, beginning) as run:
        yield run, await run.state()
