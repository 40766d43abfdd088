"""The rows under way in a SQLite file, written at once and in this thread.

`AsyncSqliteSaver` hands each statement to a thread of its own and waits for it. While many rows
keep this thread busy, that one rarely comes to its turn: answers then waited a tenth of a second
to be saved, and a kill lost them. A commit to the write-ahead log takes less than a millisecond.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
)
from langgraph.checkpoint.sqlite import SqliteSaver

from ...core.errors import StoreError, evidence
from ...core.private_files import private_file
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


class SyncInAsync(SqliteSaver):
    """LangGraph's saver for one thread, for a graph that runs async in that thread."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a checkpoint."""
        return self.get_tuple(config)

    async def alist(
        self, config: RunnableConfig | None, **more: Any
    ) -> AsyncIterator[CheckpointTuple]:
        """Read checkpoints."""
        for one in self.list(config, **more):
            yield one

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint."""
        return self.put(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Save what a task did."""
        self.put_writes(config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread."""
        self.delete_thread(thread_id)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what was written to channels that are kept as changes."""
        return self.get_delta_channel_history(config=config, channels=channels)


class SqliteRows(RowSaver, SyncInAsync):
    """The rows under way in a SQLite file."""

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
            saver = SqliteRows(connection)
            saver.setup()
            connection.execute(TABLE)
            # What is committed outlives a kill; only a power cut may take the last moments.
            connection.execute("PRAGMA synchronous = NORMAL")
            yield saver
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} cannot be used: {evidence(error)}") from error
