"""The report of a batch while it runs, and at its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from ...core.errors import TPOError
from ...datasets.report.batch_record import write_batch_report
from ..console import say

FIRST = 5.0  # seconds until the first report
LEAST = 30.0  # seconds between two
SHARE = 20  # times as long as it took to write one


@asynccontextmanager
async def reported(folder: Path) -> AsyncIterator[None]:
    """Write the report of a folder again and again, and once more when its batch has ended.

    It is written in a thread, and ends no batch: if it fails at the end, that is said.
    """
    over = asyncio.Event()
    writing = asyncio.create_task(write_until(over, folder))
    try:
        yield
    finally:
        over.set()
        await asyncio.wait({writing})  # a thread cannot be stopped
    try:
        await asyncio.to_thread(write_batch_report, folder)
    except TPOError as error:
        say(f"the report could not be written: {error}")


async def write_until(over: asyncio.Event, folder: Path) -> None:
    """Write the report again and again."""
    pause = FIRST
    while not await happens(over, pause):
        begun = time.monotonic()
        with suppress(TPOError):  # nothing has ended yet, say
            await asyncio.to_thread(write_batch_report, folder)
        pause = max(LEAST, SHARE * (time.monotonic() - begun))


async def happens(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, for so long at most; return whether it happened."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
