"""The tables of the database, and how those of an older version become today's, in place."""

from __future__ import annotations

import aiosqlite

from ...core.errors import StoreError

PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
"""
# Version n of the data is what the first n of these make; SQLite keeps n in the file
# (`user_version`). Files from before versions were counted hold the first tables, and 0.
MIGRATIONS = (
    """
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
""",
    """
ALTER TABLE threads ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX threads_of_owner ON threads (owner);
CREATE TABLE spent (
    owner TEXT, day TEXT, requests INTEGER, tokens INTEGER, usd REAL, PRIMARY KEY (owner, day)
) WITHOUT ROWID;
""",
)


async def migrate(db: aiosqlite.Connection) -> None:
    """Make the tables of today, whatever is there; each step is made whole or not at all.

    Raises:
        StoreError: a newer version wrote the file.
    """
    async with db.execute("PRAGMA user_version") as rows:
        found = await rows.fetchone()
    version = int(found[0]) if found else 0
    if version > len(MIGRATIONS):
        raise StoreError(
            f"the data was written by a newer tpo (version {version} of the data, this one knows "
            f"{len(MIGRATIONS)}): start that one, or take another folder with --data"
        )
    await db.executescript(PRAGMAS)
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        await db.executescript(f"BEGIN;{script}PRAGMA user_version = {number};COMMIT;")
