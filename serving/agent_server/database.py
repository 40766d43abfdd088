"""The database of threads, runs and events. Checkpoints are in a file of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import aiosqlite

from ...core.json_types import JsonObject
from ...core.private_files import private_file
from ..cancel_on_disconnect import cancel_task
from .event_log import EventLog
from .metadata import text_contains
from .records import OPEN_STATUSES, Run, Thread, now
from .schema import migrate
from .wanted_threads import WantedThreads

# The columns that hold JSON, and the value of each that stands for "nothing".
JSON_COLUMNS: JsonObject = {
    "metadata": {},
    "error": None,
    "kwargs": {},
}
SORTABLE = {"thread_id", "created_at", "updated_at", "status"}


class Database:
    """Reads and writes the file."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db
        self.events = EventLog(db)

    # --- threads -------------------------------------------------------------

    async def add_thread(self, thread: Thread) -> None:
        """Write a new thread."""
        await self._insert("threads", cast("JsonObject", thread))

    async def thread(self, thread_id: str) -> Thread | None:
        """Return a thread, if there is one; for routes, `known_thread` asks whose it is."""
        found = await self._select("SELECT * FROM threads WHERE thread_id = ?", thread_id)
        return cast("Thread", found[0]) if found else None

    async def change_thread(self, thread_id: str, **fields: object) -> None:
        """Change fields of a thread."""
        await self._update("threads", "thread_id", thread_id, fields)

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a thread, its runs and their events."""
        for run in await self.runs(thread_id):
            await self.delete_run(run["run_id"])
        await self._write("DELETE FROM threads WHERE thread_id = ?", thread_id)

    async def find_threads(
        self,
        wanted: WantedThreads,
        *,
        sort_by: str | None = None,
        ascending: bool = False,
        limit: int = 10,
        offset: int = 0,
    ) -> list[Thread]:
        """Return threads, the newest first."""
        where, values = wanted.condition()
        order = sort_by if sort_by in SORTABLE else "created_at"
        direction = "ASC" if ascending else "DESC"
        found = await self._select(
            f"SELECT * FROM threads WHERE {where} "  # noqa: S608  all names are ours
            f"ORDER BY {order} {direction}, rowid {direction} LIMIT ? OFFSET ?",
            *values,
            limit,
            offset,
        )
        return cast("list[Thread]", found)

    async def count_threads(self, wanted: WantedThreads) -> int:
        """Count the threads that `find_threads` would find."""
        where, values = wanted.condition()
        query = f"SELECT count(*) AS number FROM threads WHERE {where}"  # noqa: S608
        async with self.db.execute(query, values) as rows:
            found = await rows.fetchone()
        return int(found[0]) if found else 0

    # --- runs ----------------------------------------------------------------

    async def add_run(self, run: Run) -> None:
        """Write a new run."""
        await self._insert("runs", cast("JsonObject", run))

    async def run(self, run_id: str) -> Run | None:
        """Return a run, if there is one."""
        found = await self._select("SELECT * FROM runs WHERE run_id = ?", run_id)
        return cast("Run", found[0]) if found else None

    async def runs(
        self, thread_id: str, status: str | None = None, limit: int = 1000, offset: int = 0
    ) -> list[Run]:
        """Return the runs of a thread, the newest first."""
        found = await self._select(
            "SELECT * FROM runs WHERE thread_id = ? AND (? IS NULL OR status = ?) "
            "ORDER BY number DESC LIMIT ? OFFSET ?",
            thread_id,
            status,
            status,
            limit,
            offset,
        )
        return cast("list[Run]", found)

    async def open_runs(self) -> list[Run]:
        """Return the runs that have not ended, the oldest first."""
        marks = ",".join("?" * len(OPEN_STATUSES))
        query = f"SELECT * FROM runs WHERE status IN ({marks}) ORDER BY number"  # noqa: S608
        return cast("list[Run]", await self._select(query, *OPEN_STATUSES))

    async def change_run(self, run_id: str, **fields: object) -> None:
        """Change fields of a run."""
        await self._update("runs", "run_id", run_id, fields)

    async def delete_run(self, run_id: str) -> None:
        """Delete a run and its events."""
        await self.events.drop(run_id, passing=False)
        await self._write("DELETE FROM runs WHERE run_id = ?", run_id)

    # --- SQL -----------------------------------------------------------------

    async def _insert(self, table: str, record: JsonObject) -> None:
        names, marks = ",".join(record), ",".join("?" * len(record))
        query = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        await self._write(query, *_stored(record).values())

    async def _update(self, table: str, key: str, value: str, fields: JsonObject) -> None:
        changed = _stored({**fields, "updated_at": now()})
        names = ",".join(f"{name} = ?" for name in changed)
        query = f"UPDATE {table} SET {names} WHERE {key} = ?"  # noqa: S608
        await self._write(query, *changed.values(), value)

    async def _write(self, query: str, *values: object) -> None:
        await self.db.execute(query, values)
        await self.db.commit()

    async def _select(self, query: str, *values: object) -> list[JsonObject]:
        async with self.db.execute(query, values) as rows:
            names = [column[0] for column in rows.description]
            return [
                {k: _parse(k, v) for k, v in zip(names, row, strict=True) if k != "number"}
                for row in await rows.fetchall()
            ]


def _stored(record: JsonObject) -> JsonObject:
    return {k: json.dumps(v) if k in JSON_COLUMNS else v for k, v in record.items()}


def _parse(column: str, stored: object) -> object:
    """Return what a column holds; bad JSON becomes the empty value, so that lists still work."""
    if column not in JSON_COLUMNS:
        return stored
    empty = JSON_COLUMNS[column]
    try:
        value = json.loads(cast("str", stored))
    except (ValueError, TypeError, RecursionError):
        return empty
    return value if empty is None or isinstance(value, type(empty)) else empty


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """Open the file, or make it; only its owner can read it."""
    private_file(path)
    async with aiosqlite.connect(path) as db:
        # A row is still listed if another program has written other bytes.
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        await db.create_function("holds", 2, text_contains, deterministic=True)
        await migrate(db)
        database = Database(db)
        writing = asyncio.create_task(database.events.save_forever())
        try:
            yield database
        finally:
            await database.events.flush()
            await cancel_task(writing)
