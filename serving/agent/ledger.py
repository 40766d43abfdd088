"""The file of threads, runs and events. Checkpoints have a file of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiosqlite

from ...core.private_files import private_file
from ..own_task import stop
from .event_log import EventLog
from .metadata import text_contains
from .records import OPEN, Run, Thread, now

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS threads (
    thread_id TEXT PRIMARY KEY, created_at TEXT, updated_at TEXT, status TEXT,
    metadata TEXT, error TEXT
);
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY, run_id TEXT UNIQUE, thread_id TEXT, assistant_id TEXT,
    created_at TEXT, updated_at TEXT, status TEXT, metadata TEXT, kwargs TEXT,
    multitask_strategy TEXT, life INTEGER
);
CREATE INDEX IF NOT EXISTS runs_of_thread ON runs (thread_id);
CREATE TABLE IF NOT EXISTS events (
    run_id TEXT, life INTEGER, number INTEGER, name TEXT, data BLOB, passing INTEGER,
    PRIMARY KEY (run_id, life, number)
) WITHOUT ROWID;
"""
JSON: dict[str, Any] = {"metadata": {}, "error": None, "kwargs": {}}  # and what a blank one is
SORTABLE = {"thread_id", "created_at", "updated_at", "status"}


class Ledger:
    """Reads and writes the file."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db
        self.events = EventLog(db)

    # --- threads -------------------------------------------------------------

    async def add_thread(self, thread: Thread) -> None:
        """Write a new thread."""
        await self._insert("threads", cast("dict[str, Any]", thread))

    async def thread(self, thread_id: str) -> Thread | None:
        """Return a thread, if there is one."""
        found = await self._select("SELECT * FROM threads WHERE thread_id = ?", thread_id)
        return cast("Thread", found[0]) if found else None

    async def change_thread(self, thread_id: str, **fields: Any) -> None:
        """Change fields of a thread."""
        await self._update("threads", "thread_id", thread_id, fields)

    async def delete_thread(self, thread_id: str) -> None:
        """Forget a thread, its runs and their events."""
        for run in await self.runs(thread_id):
            await self.delete_run(run["run_id"])
        await self._do("DELETE FROM threads WHERE thread_id = ?", thread_id)

    async def find_threads(
        self,
        *,
        status: str | None = None,
        metadata: dict[str, Any] | None = None,
        ids: Sequence[str] | None = None,
        sort_by: str | None = None,
        ascending: bool = False,
        limit: int = 10,
        offset: int = 0,
    ) -> list[Thread]:
        """Return threads, the newest first."""
        where, values = _where(status, metadata, ids)
        order = sort_by if sort_by in SORTABLE else "created_at"
        direction = "ASC" if ascending else "DESC"
        found = await self._select(
            f"SELECT * FROM threads WHERE {where} "  # noqa: S608  names of ours
            f"ORDER BY {order} {direction}, rowid {direction} LIMIT ? OFFSET ?",
            *values,
            limit,
            offset,
        )
        return cast("list[Thread]", found)

    async def count_threads(self, **wanted: Any) -> int:
        """Count threads: the `status`, `metadata` and `ids` of `find_threads`."""
        where, values = _where(**wanted)
        query = f"SELECT count(*) AS number FROM threads WHERE {where}"  # noqa: S608
        async with self.db.execute(query, values) as rows:
            found = await rows.fetchone()
        return int(found[0]) if found else 0

    # --- runs ----------------------------------------------------------------

    async def add_run(self, run: Run) -> None:
        """Write a new run."""
        await self._insert("runs", cast("dict[str, Any]", run))

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
        marks = ",".join("?" * len(OPEN))
        query = f"SELECT * FROM runs WHERE status IN ({marks}) ORDER BY number"  # noqa: S608
        return cast("list[Run]", await self._select(query, *OPEN))

    async def change_run(self, run_id: str, **fields: Any) -> None:
        """Change fields of a run."""
        await self._update("runs", "run_id", run_id, fields)

    async def delete_run(self, run_id: str) -> None:
        """Forget a run and its events."""
        await self.events.forget(run_id, passing=False)
        await self._do("DELETE FROM runs WHERE run_id = ?", run_id)

    # --- SQL -----------------------------------------------------------------

    async def _insert(self, table: str, record: dict[str, Any]) -> None:
        names, marks = ",".join(record), ",".join("?" * len(record))
        query = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        await self._do(query, *_stored(record).values())

    async def _update(self, table: str, key: str, value: str, fields: dict[str, Any]) -> None:
        changed = _stored({**fields, "updated_at": now()})
        names = ",".join(f"{name} = ?" for name in changed)
        query = f"UPDATE {table} SET {names} WHERE {key} = ?"  # noqa: S608
        await self._do(query, *changed.values(), value)

    async def _do(self, query: str, *values: Any) -> None:
        await self.db.execute(query, values)
        await self.db.commit()

    async def _select(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with self.db.execute(query, values) as rows:
            names = [column[0] for column in rows.description]
            return [_read(dict(zip(names, row, strict=True))) for row in await rows.fetchall()]


def _where(
    status: str | None = None,
    metadata: dict[str, Any] | None = None,
    ids: Sequence[str] | None = None,
) -> tuple[str, list[Any]]:
    where, values = ["1"], list[Any]()
    if status:
        where.append("status = ?")
        values.append(status)
    if metadata:
        where, values = (
            [*where, "holds(CAST(metadata AS BLOB), ?)"],
            [*values, json.dumps(metadata)],
        )
    if ids is not None:
        where.append(f"thread_id IN ({','.join('?' * len(ids))})")
        values += ids
    return " AND ".join(where), values


def _stored(record: dict[str, Any]) -> dict[str, Any]:
    return {k: json.dumps(v) if k in JSON else v for k, v in record.items()}


def _read(row: dict[str, Any]) -> dict[str, Any]:
    row.pop("number", None)
    return {k: _value(v, JSON[k]) if k in JSON else v for k, v in row.items()}


def _value(text: Any, blank: Any) -> Any:
    """Return what a JSON column holds; one row that cannot be read must not spoil a list."""
    try:
        value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return blank
    return value if blank is None or isinstance(value, type(blank)) else blank


@asynccontextmanager
async def open_ledger(path: Path) -> AsyncIterator[Ledger]:
    """Open the file, made where it is missing; its owner alone can read it."""
    private_file(path)
    async with aiosqlite.connect(path) as db:
        # Bytes of another program, say: the row is still listed.
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        await db.create_function("holds", 2, text_contains, deterministic=True)
        await db.executescript(SCHEMA)
        ledger = Ledger(db)
        writing = asyncio.create_task(ledger.events.write_behind())
        try:
            yield ledger
        finally:
            await ledger.events.flush()
            await stop(writing)
