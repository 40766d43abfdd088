"""Opening the folder of a batch on a cluster: what may go on there, and what a kill left of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from ...core.errors import ConfigError, InputError
from ...core.json_types import JsonObject
from ..batch.alone import FolderInUseError, alone_in
from ..batch.folder import open_files
from ..batch.held_folder import held_folder
from ..batch.repair import repair
from ..batch.sqlite_rows import THREADS
from ..batch.under_way import RUNS
from ..records import METADATA, PARTS
from .merged_folder import Merged
from .part_run import LOOK, PATIENCE


@contextmanager
def open_merged(
    path: Path, made_with: JsonObject, *, retry_failed: bool = False, checkpoints: str = ""
) -> Iterator[Merged]:
    """Open the folder of a batch on a cluster, new or to go on.

    Args:
        path: The folder.
        made_with: What must be the same for it to go on.
        retry_failed: Whether the rows that failed are taken out, to be tried again.
        checkpoints: The address of a PostgreSQL database for the rows under way, or "".

    Raises:
        InputError: another process uses it, it was begun with something else, or rows are
            under way in it without a cluster.
        StoreError: it cannot be written.
    """
    with held_folder(path, made_with, checkpoints) as about:
        repair_all(path, retry_failed=retry_failed)
        with open_files(Merged, path, about) as merged:
            refuse_rows_under_way(path, merged.ended)
            try:
                yield merged
            except ConfigError:
                merged.forget_if_new()
                raise


def repair_all(path: Path, *, retry_failed: bool) -> None:
    """Repair what a kill left of the files of the batch, and of its parts that have begun."""
    repair(path, retry_failed=retry_failed)
    for begun_part in (path / PARTS).glob(f"*/{METADATA}"):
        with alone_when_free(begun_part.parent):
            repair(begun_part.parent, retry_failed=retry_failed)


@contextmanager
def alone_when_free(path: Path) -> Iterator[None]:
    """Hold a part's folder, once an actor of a driver that was killed is gone too."""
    end = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(alone_in(path))
                break
            except FolderInUseError:
                if time.monotonic() > end:
                    raise
                time.sleep(LOOK)
        yield


def refuse_rows_under_way(path: Path, ended: dict[str, bool]) -> None:
    """Refuse a folder with rows that were begun without a cluster: they would be paid twice.

    Raises:
        InputError: there are some.
    """
    if not (path / RUNS).exists():
        return
    try:
        with closing(sqlite3.connect(path / RUNS)) as database:
            threads = [thread for (thread,) in database.execute(THREADS)]
    except sqlite3.DatabaseError:  # it was made, and nothing was written
        threads = []
    if any(thread not in ended for thread in threads):
        raise InputError(
            f"rows of {path} are under way without a cluster: go on without --ray, or take "
            "another folder"
        )
