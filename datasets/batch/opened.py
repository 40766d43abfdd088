"""A batch, opened: a new one, or the one that a folder holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ...core.errors import InputError
from ..records import PARTS
from ..rows.row_file import Rows
from .combinations import check_combinations
from .folder import open_folder
from .plan import BatchPlan
from .row_run import Watch, nobody
from .running import Running


@asynccontextmanager
async def open_batch(
    rows: Rows, plan: BatchPlan, folder: Path | None, watch: Watch = nobody
) -> AsyncIterator[Running]:
    """Begin a batch, or go on with the one in a folder, if its rows can run.

    Args:
        rows: Rows and plan are checked.
        plan: What to do.
        folder: Where rows are written, or `None`.
        watch: Called with every event of every row.

    Raises:
        InputError: settings of a row do not go together with those of all rows; another process
            uses the folder, or it was begun with something else.
        ConfigError: those of all rows do not go together.
        StoreError: it cannot be written.
    """
    await check_combinations(rows, plan)
    if folder is None:
        yield Running(plan, rows, None, watch)
        return
    if (folder / PARTS).exists():
        raise InputError(f"rows of {folder} are under way on a Ray cluster: go on with --ray")
    async with open_folder(
        folder,
        plan.made_with(rows),
        retry_failed=plan.retry_failed,
        checkpoints=plan.checkpoints,
    ) as opened:
        yield Running(plan, rows, opened, watch)
