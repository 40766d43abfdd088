"""The rows under way in a SQLite file, written at once and in this thread.

`AsyncSqliteSaver` hands each statement to a thread of its own and waits for it. While many rows
keep this thread busy, that one rarely comes to its turn: answers then waited a tenth of a second
to be saved, and a kill lost them. A commit to the write-ahead log takes less than a millisecond.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from langgraph.checkpoint.sqlite import SqliteSaver

from ...core.errors import StoreError, evidence
from ...core.private_files import private_file
from ...core.sync_saver import P, SyncSaver, T
from ..records import PaidRequest
from .row_saver import RowSaver

TABLE = """
    CREATE TABLE IF NOT EXISTS tpo_paid (
        thread_id TEXT, request TEXT, paid TEXT, PRIMARY KEY (thread_id, request)
    )
"""
ADD = "INSERT OR REPLACE INTO tpo_paid VALUES (?, ?, ?)"
FIND = "SELECT request, paid FROM tpo_paid WHERE thread_id = ? ORDER BY rowid"
FORGET = "DELETE FROM tpo_paid WHERE thread_id = ?"
THREADS = "SELECT DISTINCT thread_id FROM checkpoints"


class SqliteRows(RowSaver, SyncSaver):
    """The rows under way in a SQLite file.

    Args:
        saver: LangGraph's; it is used by one thread, the one that runs the rows.
    """

    def __init__(self, saver: SqliteSaver) -> None:
        super().__init__(saver)
        self.conn, self.lock = saver.conn, saver.lock

    async def called(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Call a sync method at once."""
        return work(*args, **named)

    async def rows(self) -> list[str]:
        """Return the ids of the rows that have checkpoints."""
        return [thread for (thread,) in self.conn.execute(THREADS)]

    async def paid(self, row: str) -> dict[str, PaidRequest]:
        """Return the requests of a row that have come back, in their order."""
        found = self.conn.execute(FIND, (row,))
        return {request: json.loads(paid) for request, paid in found}

    async def add_paid(self, row: str, request: str, paid: PaidRequest) -> None:
        """Keep what a request of a row has cost."""
        with self.lock, self.conn:
            self.conn.execute(ADD, (row, request, json.dumps(paid)))

    async def forget_paid(self, row: str) -> None:
        """Forget what the requests of a row have cost."""
        with self.lock, self.conn:
            self.conn.execute(FORGET, (row,))


@contextmanager
def sqlite_rows(path: Path) -> Iterator[SqliteRows]:
    """Open the database of the rows under way.

    Raises:
        StoreError: it cannot be used.
    """
    try:
        private_file(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from None
    try:
        with closing(sqlite3.connect(os.fspath(path), check_same_thread=False)) as connection:
            connection.execute("PRAGMA page_size = 2048")
            # Alone, it needs no shared memory, which network folders lack.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            saver = SqliteSaver(connection)
            saver.setup()
            connection.execute(TABLE)
            # What is committed outlives a kill; only a power cut may take the last moments.
            connection.execute("PRAGMA synchronous = NORMAL")
            yield SqliteRows(saver)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} cannot be used: {evidence(error)}") from error
