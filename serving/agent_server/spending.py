"""What each person has used today, on disk, so that a restart forgives nothing."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosqlite

from ..cancel_on_disconnect import cancel_task
from ..guard.accounts import Accounts
from ..guard.run_account import MEASURES

log = logging.getLogger("tpo.serving")
SAVE = "INSERT OR REPLACE INTO spent (owner, day, requests, tokens, usd) VALUES (?, ?, ?, ?, ?)"


@asynccontextmanager
async def kept_accounts(accounts: Accounts, db: aiosqlite.Connection) -> AsyncIterator[None]:
    """Take over what was saved of today, and save what is used as long as the server runs."""
    columns = ", ".join(MEASURES)
    query = f"SELECT owner, {columns} FROM spent WHERE day = ?"  # noqa: S608  names are ours
    async with db.execute(query, (accounts.day,)) as rows:
        found = {row[0]: dict(zip(MEASURES, row[1:], strict=True)) for row in await rows.fetchall()}
    accounts.load(accounts.day, found)
    saving = asyncio.create_task(save_forever(accounts, db))
    try:
        yield
    finally:
        await cancel_task(saving)
        await save(accounts, db)


async def save_forever(accounts: Accounts, db: aiosqlite.Connection) -> None:
    """Save whenever something was used; what comes meanwhile is saved together."""
    while True:
        await accounts.changed.wait()
        accounts.changed.clear()
        await save(accounts, db)


async def save(accounts: Accounts, db: aiosqlite.Connection) -> None:
    """Save what everyone has used today."""
    day = accounts.day
    rows = [(who, day, *(used[m] for m in MEASURES)) for who, used in accounts.spent.items()]
    try:
        await db.executemany(SAVE, rows)
        await db.commit()
    except sqlite3.Error:  # such as a full disk: the runs go on, and the limits hold meanwhile
        log.exception("what was used could not be saved")
