"""How long threads are kept: by age and by size, the oldest go first; never one under way."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiosqlite

from ..cancel_on_disconnect import cancel_task
from ..server_settings import Settings
from .records import Thread
from .wanted_threads import WantedThreads
from .worker import Worker

log = logging.getLogger("tpo.serving")
PAUSE = 60  # seconds between two looks
AT_ONCE = 100  # threads of one look at the list


class Retention:
    """Removes threads that are too old, and the oldest if all together are too large.

    Args:
        settings: Days and bytes.
        worker: Knows which threads are at work, and deletes the others.
        files: The connections to the files that threads are kept in.
    """

    def __init__(self, settings: Settings, worker: Worker, *files: aiosqlite.Connection) -> None:
        self.settings, self.worker, self.files = settings, worker, files

    async def tidy(self) -> int:
        """Remove what is not kept any longer, and return how many threads that were."""
        removed, passed_over = 0, 0
        while threads := await self.worker.database.find_threads(
            WantedThreads(None),
            sort_by="updated_at",
            ascending=True,
            limit=AT_ONCE,
            offset=passed_over,
        ):
            for thread in threads:
                if not await self.is_too_much(thread):
                    return await self.freed(removed)
                if await self.worker.delete_if_idle(thread["thread_id"]):
                    removed += 1
                else:
                    passed_over += 1
        return await self.freed(removed)

    async def is_too_much(self, thread: Thread) -> bool:
        """Return whether the oldest thread has to go."""
        days, most = self.settings.keep_days, self.settings.max_bytes
        oldest = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        if days and thread["updated_at"] < oldest:
            return True
        return bool(most) and await self.size() > most

    async def size(self) -> int:
        """Return the bytes that hold something, without room that deleted threads left."""
        sizes = [
            (await pragma_of(db, "page_count") - await pragma_of(db, "freelist_count"))
            * await pragma_of(db, "page_size")
            for db in self.files
        ]
        return sum(sizes)

    async def freed(self, removed: int) -> int:
        """Give the room of removed threads back to the disk, if nothing is at work."""
        if removed and not self.worker.live:
            for db in self.files:
                await db.execute("VACUUM")
                await db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return removed

    async def tidy_forever(self) -> None:
        """Look again and again, as long as the server runs."""
        while True:
            try:
                if removed := await self.tidy():
                    log.info("%d threads were removed (--keep-days, --max-bytes)", removed)
            except sqlite3.Error:  # such as a full disk: the next look may do better
                log.exception("threads could not be removed")
            await asyncio.sleep(PAUSE)


async def pragma_of(db: aiosqlite.Connection, pragma: str) -> int:
    """Return a number that SQLite knows about a file."""
    async with db.execute(f"PRAGMA {pragma}") as rows:
        found = await rows.fetchone()
    return int(found[0]) if found else 0


@asynccontextmanager
async def keep_tidy(retention: Retention) -> AsyncIterator[None]:
    """Tidy while the server runs, if there is a limit."""
    settings = retention.settings
    if not (settings.keep_days or settings.max_bytes):
        yield
        return
    tidying = asyncio.create_task(retention.tidy_forever())
    try:
        yield
    finally:
        await cancel_task(tidying)
