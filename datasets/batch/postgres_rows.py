"""The rows under way in a PostgreSQL database (extra `postgres`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection, DataError, Error
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from ...core.errors import StoreError, evidence
from ...core.login import without_login
from ...models.kept_replies import KeptReply
from ..records import PaidRequest
from .postgres_address import shown_address
from .prefixed_saver import Prefixed
from .row_saver import RowSaver

PATIENCE = 15  # seconds for a connection
TABLE = """
    CREATE TABLE IF NOT EXISTS tpo_paid (
        thread_id TEXT, request TEXT, paid TEXT, place BIGSERIAL, PRIMARY KEY (thread_id, request)
    )
"""
REPLIES = """
    CREATE TABLE IF NOT EXISTS tpo_replies (
        thread_id TEXT, task TEXT, request TEXT, reply TEXT, place BIGSERIAL PRIMARY KEY
    )
"""
BY_TASK = "CREATE INDEX IF NOT EXISTS tpo_replies_by_task ON tpo_replies (thread_id, task)"
KEEP = "INSERT INTO tpo_replies VALUES (%s, %s, %s, %s)"
KEPT = "SELECT task, request, reply FROM tpo_replies WHERE thread_id = %s ORDER BY place"
DROP = "DELETE FROM tpo_replies WHERE thread_id = %s AND task = %s"
DROP_ALL = "DELETE FROM tpo_replies WHERE thread_id = %s"
ADD = """
    INSERT INTO tpo_paid VALUES (%s, %s, %s)
    ON CONFLICT (thread_id, request) DO UPDATE SET paid = excluded.paid
"""
FIND = "SELECT request, paid FROM tpo_paid WHERE thread_id = %s ORDER BY place"
FORGET = "DELETE FROM tpo_paid WHERE thread_id = %s"
THREADS = "SELECT DISTINCT thread_id FROM checkpoints WHERE starts_with(thread_id, %s)"
Connection = AsyncConnection[DictRow]


class Pool(AsyncConnectionPool[Connection]):
    """Connects to the database, again after it was away; LangGraph's saver uses it as we do.

    Attributes:
        saver: Notes that the database has failed.
    """

    saver: RowSaver

    @asynccontextmanager
    async def connection(
        self, *given: float | None, **named: float | None
    ) -> AsyncIterator[Connection]:
        """Lend a connection, as the class that it derives from does."""
        with self.saver.used(Error, DataError):
            async with super().connection(*given, **named) as connection:
                yield connection


class PostgresRows(RowSaver, Prefixed, AsyncPostgresSaver):
    """The rows under way in a PostgreSQL database.

    Args:
        pool: Connects to it.
        prefix: What the threads of this batch begin with: others may be in the same database.
        place: Its address, without the login.
    """

    def __init__(self, pool: Pool, prefix: str, place: str) -> None:
        super().__init__(conn=pool)
        self.pool, self.prefix = pool, prefix
        self.place, self.failures = place, []
        pool.saver = self

    async def rows(self) -> list[str]:
        """Return the ids of the rows that have checkpoints."""
        found = await self.ask(THREADS, self.prefix)
        return [one["thread_id"].removeprefix(self.prefix) for one in found]

    async def paid(self, row: str) -> dict[str, PaidRequest]:
        """Return the requests of a row that have come back, in their order."""
        found = await self.ask(FIND, self.thread_of(row))
        return {one["request"]: json.loads(one["paid"]) for one in found}

    async def add_paid(self, row: str, request: str, paid: PaidRequest) -> None:
        """Keep what a request of a row has cost."""
        await self.ask(ADD, self.thread_of(row), request, json.dumps(paid))

    async def forget_paid(self, row: str) -> None:
        """Forget what the requests of a row have cost, and the replies that are kept of it."""
        await self.ask(FORGET, self.thread_of(row))
        await self.ask(DROP_ALL, self.thread_of(row))

    async def replies(self, row: str) -> list[KeptReply]:
        """Return the replies of a row that are kept, in the order in which they came."""
        found = await self.ask(KEPT, self.thread_of(row))
        return [KeptReply(one["task"], one["request"], one["reply"]) for one in found]

    async def keep_reply(self, row: str, kept: KeptReply) -> None:
        """Keep a reply."""
        keep = self.ask(KEEP, self.thread_of(row), kept.task, kept.request, kept.reply)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(keep, self.loop))

    async def drop_replies(self, row: str, task: str) -> None:
        """Drop the replies that a task was given."""
        await self.ask(DROP, self.thread_of(row), task)

    async def ask(self, statement: str, *values: str) -> list[DictRow]:
        """Run a statement, and return what it finds."""
        async with self.pool.connection() as connection:
            done = await connection.execute(statement.encode(), values)
            return await done.fetchall() if done.description else []


@asynccontextmanager
async def postgres_rows(address: str, prefix: str) -> AsyncIterator[PostgresRows]:
    """Open the database of the rows under way.

    Args:
        address: A URL; no message holds its login.
        prefix: What the threads of this batch begin with.

    Raises:
        StoreError: it cannot be used.
    """
    how: dict[str, Any] = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    try:  # a pool would only say that it had to wait too long
        await (await AsyncConnection.connect(address, connect_timeout=PATIENCE)).close()
        sizes: dict[str, Any] = {"min_size": 1, "max_size": 2, "timeout": PATIENCE, "open": False}
        async with Pool(address, connection_class=Connection, kwargs=how, **sizes) as pool:
            saver = PostgresRows(pool, prefix, shown_address(address))
            await saver.setup()
            for statement in (TABLE, REPLIES, BY_TASK):
                await saver.ask(statement)
            yield saver
    except Error as error:
        why = evidence(without_login(str(error)))
        raise StoreError(f"{shown_address(address)} cannot be used: {why}") from None
