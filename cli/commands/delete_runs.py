"""`tpo runs --delete`, `--older-than`, `--keep`: saved runs deleted, after asking."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from ...core.errors import InputError
from ...core.number_format import count, size
from ..console import say
from ..saved.deletion import delete_runs, free_space, runs_to_delete, under_way
from ..saved.store import Store, find_run, open_store, store_path


def delete_runs_of(
    ids: Sequence[str],
    older_than: str | None,
    keep: int | None,
    db: str | None,
    *,
    yes: bool,
    named: bool,
) -> int:
    """Delete runs and free their space; return the exit code.

    Args:
        ids: Their ids, or first characters; none: what the rules say.
        older_than: Delete runs whose last checkpoint is older, such as `30d`.
        keep: Keep this many of the newest.
        db: The file of saved runs, as it was typed.
        yes: Whether to delete without asking.
        named: Whether the runs are named by their ids, and not by the rules.

    Raises:
        InputError: no such run; or nobody can be asked.
    """
    ruled = older_than is not None or keep is not None
    if named == ruled or named != bool(ids):
        raise InputError(
            "name the runs to delete (tpo runs --delete ID...), or give rules for them"
        )
    path = store_path(db)
    return asyncio.run(_delete(path, ids, older_than, keep, yes=yes))


async def _delete(
    path: Path, ids: Sequence[str], older_than: str | None, keep: int | None, *, yes: bool
) -> int:
    async with open_store(path) as store:
        found = [await find_run(store, beginning) for beginning in ids]
        found = [*dict.fromkeys(found)] or await runs_to_delete(store, older_than, keep)
        busy = under_way(store, found)
        gone = [run_id for run_id in found if run_id not in busy]
        if busy:
            say(f"{', '.join(busy)}: under way in another process, and not deleted")
        if not gone:
            say("Nothing to delete.")
        elif yes or confirmed(gone):
            await delete_now(store, gone)
        return 1 if busy else 0


async def delete_now(store: Store, ids: Sequence[str]) -> None:
    """Delete runs, free their space, and say so."""
    before = _bytes_at(store.path)
    deleted = await delete_runs(store, ids)
    freed = await free_space(store)
    saved = max(0, before - _bytes_at(store.path))
    space = f"{size(saved)} freed" if freed else "new runs will use the space"
    say(f"Deleted {count(len(deleted), 'run')}; {space}.")


def confirmed(ids: Sequence[str]) -> bool:
    """Ask whether to delete; in a terminal only.

    Raises:
        InputError: nobody is there to be asked.
    """
    named = ", ".join(ids[:5]) + (", ..." if len(ids) > 5 else "")
    if not at_a_terminal():
        raise InputError(f"this would delete {count(len(ids), 'run')} ({named}): add --yes")
    return typer.confirm(f"Delete {count(len(ids), 'run')} for good ({named})?", err=True)


def at_a_terminal() -> bool:
    """Return whether a person is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _bytes_at(path: Path) -> int:
    """Return what the file takes on the disk, with its journal."""
    beside = path.with_name(f"{path.name}-wal")
    return sum(place.stat().st_size for place in (path, beside) if place.exists())
