"""The rows under way in a SQLite file, written at once and in this thread.

`AsyncSqliteSaver` hands each statement to a thread of its own and waits for it. While many rows
keep this thread busy, that one rarely comes to its turn: answers then waited a tenth of a second
to be saved, and a kill lost them. A commit to the write-ahead log takes less than a millisecond.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from langgraph.checkpoint.sqlite import SqliteSaver

from ...core.errors import StoreError, evidence
from ...core.private_files import private_file
from ...core.sync_saver import P, SyncSaver, T
from ...models.kept_replies import KeptReply
from ..records import PaidRequest
from .row_saver import RowSaver

TABLE = """
    CREATE TABLE IF NOT EXISTS tpo_paid (
        thread_id TEXT, request TEXT, paid TEXT, PRIMARY KEY (thread_id, request)
    )
"""
REPLIES = """
    CREATE TABLE IF NOT EXISTS tpo_replies (
        thread_id TEXT, task TEXT, request TEXT, reply TEXT
    )
"""
BY_TASK = "CREATE INDEX IF NOT EXISTS tpo_replies_by_task ON tpo_replies (thread_id, task)"
KEEP = "INSERT INTO tpo_replies VALUES (?, ?, ?, ?)"
KEPT = "SELECT task, request, reply FROM tpo_replies WHERE thread_id = ? ORDER BY rowid"
DROP = "DELETE FROM tpo_replies WHERE thread_id = ? AND task = ?"
DROP_ALL = "DELETE FROM tpo_replies WHERE thread_id = ?"
ADD = "INSERT OR REPLACE INTO tpo_paid VALUES (?, ?, ?)"
FIND = "SELECT request, paid FROM tpo_paid WHERE thread_id = ? ORDER BY rowid"
FORGET = "DELETE FROM tpo_paid WHERE thread_id = ?"
THREADS = "SELECT DISTINCT thread_id FROM checkpoints"


class SqliteRows(RowSaver, SyncSaver):
    """The rows under way in a SQLite file.

    Args:
        saver: LangGraph's; the thread that runs the rows uses it, and the one that keeps replies.
        path: The file.
    """

    def __init__(self, saver: SqliteSaver, path: Path) -> None:
        super().__init__(saver)
        self.conn, self.lock = saver.conn, saver.lock
        self.place, self.failures = str(path), []

    async def called(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Call a sync method at once."""
        with self.used(sqlite3.Error, sqlite3.DataError):
            return work(*args, **named)

    def ask(self, *statements: str, values: Sequence[str] = ()) -> list[Sequence[str]]:
        """Run statements in one transaction, and return what the last one finds."""
        with self.used(sqlite3.Error, sqlite3.DataError), self.lock, self.conn:
            return [self.conn.execute(one, values).fetchall() for one in statements][-1]

    async def rows(self) -> list[str]:
        """Return the ids of the rows that have checkpoints."""
        return [thread for (thread,) in self.ask(THREADS)]

    async def paid(self, row: str) -> dict[str, PaidRequest]:
        """Return the requests of a row that have come back, in their order."""
        found = self.ask(FIND, values=(row,))
        return {request: json.loads(paid) for request, paid in found}

    async def add_paid(self, row: str, request: str, paid: PaidRequest) -> None:
        """Keep what a request of a row has cost."""
        self.ask(ADD, values=(row, request, json.dumps(paid)))

    async def forget_paid(self, row: str) -> None:
        """Forget what the requests of a row have cost, and the replies that are kept of it."""
        self.ask(FORGET, DROP_ALL, values=(row,))

    async def replies(self, row: str) -> list[KeptReply]:
        """Return the replies of a row that are kept, in the order in which they came."""
        return [KeptReply(*one) for one in self.ask(KEPT, values=(row,))]

    async def keep_reply(self, row: str, kept: KeptReply) -> None:
        """Keep a reply."""
        self.ask(KEEP, values=(row, kept.task, kept.request, kept.reply))

    async def drop_replies(self, row: str, task: str) -> None:
        """Drop the replies that a task was given."""
        self.ask(DROP, values=(row, task))


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
            for statement in (TABLE, REPLIES, BY_TASK):
                connection.execute(statement)
            # What is committed outlives a kill; only a power cut may take the last moments.
            connection.execute("PRAGMA synchronous = NORMAL")
            yield SqliteRows(saver, path)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} cannot be used: {evidence(error)}") from error
