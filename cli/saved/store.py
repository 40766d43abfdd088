"""The file of saved runs: a SQLite database that LangGraph's saver writes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from ...core.errors import InputError, StoreError, evidence
from ...core.private_files import private_file, private_folder

MAGIC = b"SQLite format 3\0"
TABLES = {"checkpoints", "writes"}
SETTINGS = "tpo_context"  # the key in a checkpoint's metadata that marks a run of ours

VERSION = "tpo_version"  # of this package, beside it
PRICE_FILE = "tpo_prices"  # the file of prices that was named, if one was

# Newest first: the last checkpoint of each thread, if it is one of ours.
LATEST = f"""
    SELECT thread_id FROM checkpoints JOIN (
        SELECT thread_id, max(checkpoint_id) AS checkpoint_id FROM checkpoints
        WHERE checkpoint_ns = '' GROUP BY thread_id
    ) USING (thread_id, checkpoint_id)
    WHERE checkpoint_ns = '' AND json_extract(CAST(metadata AS TEXT), '$.{SETTINGS}') IS NOT NULL
    ORDER BY checkpoint_id DESC
"""  # noqa: S608  nothing in it comes from the user


def store_path(given: str | None) -> Path:
    """Return where runs are saved: `--db` or TPO_DB, else the user's data folder."""
    if given:
        return Path(given).expanduser()
    return platformdirs.user_data_path("tpo", appauthor=False) / "runs.db"


@dataclass(frozen=True)
class Store:
    """The open file of saved runs.

    Attributes:
        path: The file.
        saver: LangGraph's.
        at_work: Whether another process is at work on all that is in it: a batch.
    """

    path: Path
    saver: AsyncSqliteSaver
    at_work: bool = False


@asynccontextmanager
async def open_store(path: Path, *, create: bool = False) -> AsyncIterator[Store]:
    """Open the file of saved runs.

    Args:
        path: The file.
        create: Whether it may be missing.

    Raises:
        StoreError: it is missing, corrupt, unreadable, or another program's. It is then left
            as it was.
    """
    try:
        if not _is_usable(path):
            if not create:
                raise StoreError(f"there are no saved runs: {path} does not exist")
            private_folder(path.parent)
        private_file(path)  # prompts and answers are private
    except (OSError, sqlite3.DatabaseError) as error:
        raise _unusable(path, error) from error
    try:
        async with AsyncSqliteSaver.from_conn_string(os.fspath(path)) as saver:
            # Only a new file obeys this: smaller pages waste less beside texts of a few KB.
            await saver.conn.execute("PRAGMA page_size = 2048")
            await saver.setup()
            yield Store(path, saver)
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> StoreError:
    return StoreError(f"the file of saved runs {path} cannot be used: {evidence(error)}")


def _is_usable(path: Path) -> bool:
    """Return whether the file exists and can hold our runs, without changing it."""
    if path.is_dir():
        raise StoreError(f"{path} is a folder: here --db takes a file of saved runs")
    if not path.exists() or path.stat().st_size == 0:
        return path.exists()
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise StoreError(f"{path} is not a SQLite database; choose another file with --db")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        columns = {row[1] for row in database.execute("PRAGMA table_info(checkpoints)")}
    if tables and not (tables >= TABLES and "checkpoint_ns" in columns):
        raise StoreError(f"{path} belongs to another program; choose another file with --db")
    return True


async def latest_runs(store: Store) -> list[str]:
    """Return the ids of all runs, those written last first."""
    async with store.saver.conn.execute(LATEST) as rows:
        return [thread for (thread,) in await rows.fetchall()]


async def how_many_threads(store: Store) -> int:
    """Return how many threads there are, those of other programs too."""
    threads = "SELECT count(DISTINCT thread_id) FROM checkpoints WHERE checkpoint_ns = ''"
    async with store.saver.conn.execute(threads) as rows:
        found = await rows.fetchone()
    return found[0] if found else 0


async def find_run(store: Store, beginning: str) -> str:
    """Return the id of the one run whose id begins with `beginning`.

    Raises:
        InputError: no run does, or several do.
    """
    found = [run for run in await latest_runs(store) if run.startswith(beginning.lower())]
    if beginning.lower() in found:
        return beginning.lower()
    if not found or not beginning:
        raise InputError(f"there is no run {beginning!r}; list all runs with: tpo runs")
    if len(found) > 1:
        raise InputError(
            f"several runs begin with {beginning!r}: {', '.join(found[:5])}; type more characters"
        )
    return found[0]


async def all_threads(store: Store) -> list[str]:
    """Return the ids of all threads, those written last first."""
    threads = (
        "SELECT thread_id FROM checkpoints WHERE checkpoint_ns = '' "
        "GROUP BY thread_id ORDER BY max(checkpoint_id) DESC"
    )
    async with store.saver.conn.execute(threads) as rows:
        return [thread for (thread,) in await rows.fetchall()]
