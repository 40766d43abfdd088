"""The requests of rows under way that have come back: what a resumed row has paid for before."""

from __future__ import annotations

import json

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from ..records import PaidRequest

TABLE = """
    CREATE TABLE IF NOT EXISTS tpo_paid (
        thread_id TEXT, request TEXT, paid TEXT, PRIMARY KEY (thread_id, request)
    )
"""
ADD = "INSERT OR REPLACE INTO tpo_paid VALUES (?, ?, ?)"
FIND = "SELECT request, paid FROM tpo_paid WHERE thread_id = ? ORDER BY rowid"
FORGET = "DELETE FROM tpo_paid WHERE thread_id = ?"


class PaidSoFar:
    """Remembers each request of a row until the row is written.

    Args:
        saver: Its database remembers them across a kill; `None`: only this process does.
    """

    def __init__(self, saver: AsyncSqliteSaver | None = None) -> None:
        self._saver = saver
        self._known: dict[str, dict[str, PaidRequest]] = {}

    async def begin(self, row: str) -> None:
        """Remember what a row has paid for in an earlier process."""
        known = self._known[row] = {}
        if self._saver:
            async with self._saver.lock, self._saver.conn.execute(FIND, (row,)) as found:
                known |= {request: json.loads(paid) for request, paid in await found.fetchall()}

    async def add(self, row: str, request: str, paid: PaidRequest) -> None:
        """Remember a request."""
        self._known[row][request] = paid
        await self._write(ADD, (row, request, json.dumps(paid)))

    def of(self, row: str) -> list[PaidRequest]:
        """Return the requests of a row."""
        return list(self._known.get(row, {}).values())

    async def forget(self, row: str) -> None:
        """Forget the requests of a row that is written."""
        self._known.pop(row, None)
        await self._write(FORGET, (row,))

    async def _write(self, statement: str, values: tuple[str, ...]) -> None:
        if self._saver:
            async with self._saver.lock:
                await self._saver.conn.execute(statement, values)
                await self._saver.conn.commit()
