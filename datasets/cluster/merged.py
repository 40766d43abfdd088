"""The folder of a batch on a cluster: what its parts have written, in the files of any batch."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.errors import InputError, StoreError
from ...core.json_types import JsonObject
from ...core.private_files import private_folder
from ..batch.alone import FolderInUseError, alone_in
from ..batch.folder import RUNS, begun, read_results
from ..batch.json_lines import GrowingFile
from ..batch.metadata import write_metadata
from ..batch.repair import repair
from ..records import METADATA, PARTS, POOLS, RESULTS, RowResult
from .part_run import LOOK, PATIENCE

THREADS = "SELECT DISTINCT thread_id FROM checkpoints"


@dataclass
class Merged:
    """The files of the batch, open; nobody else writes them.

    Attributes:
        path: The folder.
        about: What `metadata.json` holds.
        results: Grows with each row that a part has written.
        pools: The same for the pools.
        ended: Ids of the rows that are written, and whether each has an answer.
    """

    path: Path
    about: JsonObject
    results: GrowingFile
    pools: GrowingFile
    ended: dict[str, bool] = field(default_factory=dict)
    _read: dict[Path, int] = field(default_factory=dict)

    def parts(self) -> list[Path]:
        """Return the folders of the parts that are there."""
        return sorted(path for path in (self.path / PARTS).glob("*") if path.is_dir())

    def take(self, part: Path) -> Iterator[RowResult]:
        """Write the rows that a part has ended since the last look, and yield them.

        Its pool is written before a row is, so it is there; unless a network folder shows the
        one and not yet the other: then the row waits for the next look.

        Raises:
            StoreError: the disk is full, say.
        """
        rows, end = whole_lines(part / RESULTS, self._read.get(part, 0))
        new = [row for row in rows if row["id"] not in self.ended]
        pools = {pool["id"]: pool for pool in whole_lines(part / POOLS)[0]} if new else {}
        if all(row["id"] in pools for row in new):
            self._read[part] = end
        for row in new:
            if row["id"] in pools:
                self.pools.add(pools[row["id"]])
                self.results.add(row)
                self.ended[row["id"]] = row["error"] is None
                yield row

    def save(self, about: JsonObject) -> None:
        """Write what is known of the batch now."""
        self.about |= about
        write_metadata(self.path / METADATA, self.about)

    def tidy(self) -> None:
        """Delete the parts whose rows all have an answer; nothing of them is needed again."""
        for part in self.parts():
            lines = whole_lines(part / "rows.jsonl")[0]
            if all(self.ended.get(row["id"]) for row in lines):
                shutil.rmtree(part)
        if not self.parts():
            shutil.rmtree(self.path / PARTS, ignore_errors=True)


def whole_lines(path: Path, start: int = 0) -> tuple[list[Any], int]:
    """Return what a growing file holds from a place on, and where its last whole line ends."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            whole = file.read().rpartition(b"\n")
    except FileNotFoundError:
        return [], start
    lines = whole[0] + whole[1]
    return [json.loads(line) for line in lines.splitlines()], start + len(lines)


@contextmanager
def open_merged(
    path: Path, made_with: JsonObject, *, retry_failed: bool = False
) -> Iterator[Merged]:
    """Open the folder of a batch on a cluster, new or to go on.

    Args:
        path: The folder.
        made_with: What must be the same for it to go on.
        retry_failed: Whether the rows that failed are taken out, to be tried again.

    Raises:
        InputError: another process uses it, it was begun with something else, or rows are
            under way in it without a cluster.
        StoreError: it cannot be written.
    """
    try:
        private_folder(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from None
    with alone_in(path):
        about = begun(path, made_with)
        repair(path, retry_failed=retry_failed)
        for begun_part in (path / PARTS).glob(f"*/{METADATA}"):
            with alone_when_free(begun_part.parent):
                repair(begun_part.parent, retry_failed=retry_failed)
        results, pools = GrowingFile(path / RESULTS), GrowingFile(path / POOLS)
        with closing(results), closing(pools):
            merged = Merged(path, about, results, pools)
            merged.ended |= {row["id"]: row["error"] is None for row in read_results(path)}
            refuse_rows_under_way(path, merged.ended)
            yield merged


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
