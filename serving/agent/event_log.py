"""Events of runs, as they were sent: written behind, in groups, to be played again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Any, NamedTuple

import aiosqlite

log = logging.getLogger("tpo.serving")


class Event(NamedTuple):
    """One event of a run as it was sent; `passing` ones are superseded by later ones."""

    life: int
    number: int
    name: str
    data: bytes
    passing: bool

    @property
    def id(self) -> str:
        """Its id in the stream: grows within a life, and from life to life."""
        return f"{self.life}-{self.number}"


class EventLog:
    """The events of resumable runs.

    Args:
        db: The file.
    """

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db
        self._rows: list[tuple[Any, ...]] = []
        self._waiting = asyncio.Event()
        self._written = asyncio.Condition()

    def add(self, run_id: str, event: Event) -> None:
        """Write an event behind."""
        self._rows.append((run_id, *event))
        self._waiting.set()

    async def flush(self) -> None:
        """Return when every event so far is in the file."""
        async with self._written:
            await self._written.wait_for(lambda: not self._rows)

    async def after(self, run_id: str, place: tuple[int, int]) -> list[Event]:
        """Return the events of a run after one of them, named by life and number."""
        await self.flush()
        query = (
            "SELECT life, number, name, data, passing FROM events "
            "WHERE run_id = ? AND (life, number) > (?, ?) ORDER BY life, number"
        )
        async with self.db.execute(query, (run_id, *place)) as rows:
            return [Event(*row) for row in await rows.fetchall()]

    async def forget(self, run_id: str, *, passing: bool) -> None:
        """Drop the events of a run, or the passing ones: when it has ended, others tell all."""
        await self.flush()
        query = "DELETE FROM events WHERE run_id = ? AND (passing OR NOT ?)"
        await self.db.execute(query, (run_id, passing))
        await self.db.commit()

    async def write_behind(self) -> None:
        """Write events as long as the server lives; a group per transaction."""
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            rows = self._rows[:]
            try:
                await self.db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
                await self.db.commit()
            except sqlite3.Error:  # a full disk, say: the run is worth more than its replay
                log.exception("%d events could not be kept", len(rows))
            async with self._written:
                del self._rows[: len(rows)]
                self._written.notify_all()
