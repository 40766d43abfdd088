"""Deleting saved runs, and giving the space that they took back to the disk."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ...core.errors import InputError
from .lock import is_locked, locked
from .store import Store, latest_runs

UNITS = {"min": 60, "h": 3600, "d": 86_400, "w": 604_800}
# Of a run's rows: texts and blobs alike.
SIZES = """
    SELECT thread_id, sum(bytes) FROM (
        SELECT thread_id, length(checkpoint) + length(metadata) AS bytes FROM checkpoints
        UNION ALL SELECT thread_id, length(value) FROM writes
    ) GROUP BY thread_id
"""


def seconds_of(age: str) -> float:
    """Return an age such as `30d` in seconds.

    Raises:
        InputError: it is not one.

    Example:
        >>> seconds_of("2h")
        7200.0
    """
    found = re.fullmatch(r"(\d{1,6})(min|h|d|w)", age.strip())
    if found is None:
        raise InputError(f"--older-than {age}: give a number and min, h, d or w, such as 30d")
    return float(found[1]) * UNITS[found[2]]


async def runs_to_delete(store: Store, older_than: str | None, keep: int | None) -> list[str]:
    """Return the ids of the runs that both rules give up, newest first.

    Args:
        store: The open file.
        older_than: Age of the last checkpoint, such as `30d`.
        keep: How many of the newest runs stay in any case.

    Raises:
        InputError: `older_than` is not an age.
    """
    spare = (await latest_runs(store))[keep or 0 :]
    if older_than is None:
        return spare
    before = datetime.now(UTC) - timedelta(seconds=seconds_of(older_than))
    found = []
    for run_id in spare:
        saved = await store.saver.aget_tuple({"configurable": {"thread_id": run_id}})
        if saved and datetime.fromisoformat(saved.checkpoint["ts"]) < before:
            found.append(run_id)
    return found


async def delete_runs(store: Store, ids: Sequence[str]) -> list[str]:
    """Delete runs, but not those under way, and return the ids of those deleted.

    Their texts are gone from the file as well, not only out of its lists.
    """
    deleted = []
    for run_id in ids:
        try:
            with locked(store.path, run_id):
                await store.saver.adelete_thread(run_id)
                deleted.append(run_id)
        except InputError:  # it is under way
            continue
    return deleted


async def free_space(store: Store) -> bool:
    """Write the file again without what was deleted.

    Returns:
        Whether that was possible now. If another process writes, the space is used by new runs,
        or freed by the next deletion.
    """
    try:
        await store.saver.conn.commit()
        await store.saver.conn.execute("VACUUM")
        await store.saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        return False
    return True


async def sizes(store: Store) -> dict[str, int]:
    """Return how many bytes each run takes."""
    async with store.saver.conn.execute(SIZES) as rows:
        return {thread: size or 0 for thread, size in await rows.fetchall()}


def under_way(store: Store, ids: Sequence[str]) -> list[str]:
    """Return those of some runs that another process is running."""
    return [run_id for run_id in ids if is_locked(store.path, run_id)]
