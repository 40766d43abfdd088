"""A batch folder: one process at a time, every row once, and it goes on after any end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from uuid import uuid4

from ...core.errors import InputError, StoreError
from ...core.json_types import JsonObject
from ...core.private_files import private_folder
from ..records import METADATA, POOLS, RESULTS, RowPool, RowResult
from .alone import alone_in
from .json_lines import GrowingFile, read_lines
from .metadata import read_metadata, require_same, timestamp, versions, write_metadata
from .postgres_address import shown_address
from .repair import repair
from .row_saver import RowSaver
from .under_way import RUNS, rows_under_way


def read_results(path: Path) -> Iterator[RowResult]:
    """Yield the rows that are written in a folder."""
    return cast("Iterator[RowResult]", read_lines(path / RESULTS))


@dataclass
class Folder:
    """The files of a batch, open.

    Attributes:
        path: The folder.
        saver: Holds the rows under way.
        about: What `metadata.json` holds.
        ended: Ids of the rows that are written, and whether each has an answer.
    """

    path: Path
    saver: RowSaver
    about: JsonObject
    results: GrowingFile
    pools: GrowingFile
    ended: dict[str, bool] = field(default_factory=dict)

    def write(self, result: RowResult, pool: RowPool) -> None:
        """Write a row: what a kill leaves of it is its pool alone, which is then dropped.

        Raises:
            StoreError: the disk is full, say.
        """
        self.pools.add(pool)
        self.results.add(result)
        self.ended[result["id"]] = result["error"] is None

    def written(self) -> Iterator[RowResult]:
        """Yield the rows that were written before."""
        return read_results(self.path)

    async def tidy(self) -> None:
        """Delete the runs of rows that are written: a kill came between the two."""
        for row in await self.saver.rows():
            if self.ended.get(row):
                await self.saver.adelete_thread(row)

    def save(self, about: JsonObject) -> None:
        """Write what is known of the batch now."""
        self.about |= about
        write_metadata(self.path / METADATA, self.about)


@asynccontextmanager
async def open_folder(
    path: Path, made_with: JsonObject, *, retry_failed: bool = False, checkpoints: str = ""
) -> AsyncIterator[Folder]:
    """Open the folder of a batch, new or to go on.

    Args:
        path: The folder.
        made_with: What must be the same for it to go on.
        retry_failed: Whether the rows that failed are taken out, to be tried again.
        checkpoints: The address of a PostgreSQL database for the rows under way; "": a file in
            the folder.

    Raises:
        InputError: another process uses it, or it was begun with something else.
        StoreError: it cannot be written.
    """
    where = shown_address(checkpoints)
    try:
        private_folder(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from None
    with alone_in(path):
        about = begun(path, made_with, where)
        repair(path, retry_failed=retry_failed)
        async with rows_under_way(path, checkpoints, about) as saver:
            results, pools = GrowingFile(path / RESULTS), GrowingFile(path / POOLS)
            with closing(results), closing(pools):
                folder = Folder(path, saver, about, results, pools)
                folder.ended |= {row["id"]: row["error"] is None for row in folder.written()}
                yield folder


def begun(path: Path, made_with: JsonObject, where: str) -> JsonObject:
    """Return what a folder was begun with, and note it in a new one.

    Args:
        path: The folder.
        made_with: What must be the same for it to go on.
        where: The address of a database for the rows under way, without its login.

    Raises:
        InputError: it is not a batch's, or another batch's.
    """
    about = read_metadata(path / METADATA)
    if about is None:
        if (path / RESULTS).exists():
            raise InputError(f"{path} holds a {RESULTS} that no batch has written: take another")
        about = {**made_with, "versions": versions(), "begun": timestamp(), "ended": None}
        about |= {"checkpoints": where, "batch": uuid4().hex} if where else {}
        write_metadata(path / METADATA, about)
    require_same(about, made_with)
    if (before := about.get("checkpoints", "")) != where:
        raise InputError(
            f"the rows under way are in {before or path / RUNS}: "
            f"give {f'--checkpoints {before}' if before else 'no --checkpoints'}"
        )
    return about
