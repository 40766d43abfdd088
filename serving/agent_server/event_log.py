"""The log of sent events: saved in the background, in groups, to be sent again on request."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import NamedTuple

import aiosqlite

log = logging.getLogger("tpo.serving")


class SentEvent(NamedTuple):
    """One event of a run, as it was sent; a later event repeats what a `passing` one says."""

    life: int
    number: int
    name: str
    data: bytes
    passing: bool

    @property
    def id(self) -> str:
        """Its id in the stream; it grows with every event and every restart of the server."""
        return f"{self.life}-{self.number}"


class EventLog:
    """The events of resumable runs.

    Args:
        db: The database.
    """

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db
        self._rows: list[tuple[str | bytes | int, ...]] = []
        self._added = asyncio.Event()
        self._saved = asyncio.Condition()

    def add(self, run_id: str, event: SentEvent) -> None:
        """Have an event saved in the background."""
        self._rows.append((run_id, *event))
        self._added.set()

    async def flush(self) -> None:
        """Return when every event so far is saved."""
        async with self._saved:
            await self._saved.wait_for(lambda: not self._rows)

    async def after(self, run_id: str, place: tuple[int, int]) -> list[SentEvent]:
        """Return the events of a run after the one with this start and number."""
        await self.flush()
        query = (
            "SELECT life, number, name, data, passing FROM events "
            "WHERE run_id = ? AND (life, number) > (?, ?) ORDER BY life, number"
        )
        async with self.db.execute(query, (run_id, *place)) as rows:
            return [SentEvent(*row) for row in await rows.fetchall()]

    async def drop(self, run_id: str, *, passing: bool) -> None:
        """Drop the events of a run, or only the passing ones, which nobody needs at its end."""
        await self.flush()
        query = "DELETE FROM events WHERE run_id = ? AND (passing OR NOT ?)"
        await self.db.execute(query, (run_id, passing))
        await self.db.commit()

    async def save_forever(self) -> None:
        """Save events as long as the server runs, a group per transaction."""
        while True:
            await self._added.wait()
            self._added.clear()
            rows = self._rows[:]
            try:
                await self.db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
                await self.db.commit()
            except sqlite3.Error:  # such as a full disk: the run matters more than its log
                log.exception("%d events could not be kept", len(rows))
            async with self._saved:
                del self._rows[: len(rows)]
                self._saved.notify_all()
