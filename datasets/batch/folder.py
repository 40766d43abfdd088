"""A batch folder: one process at a time, every row once, and it goes on after any end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from ...core.json_types import JsonObject
from ...models.reading_thread import reading_thread
from ..records import METADATA, POOLS, RESULTS, RowPool, RowResult
from .held_folder import held_folder
from .json_lines import GrowingFile, read_lines
from .metadata import timestamp, write_metadata
from .on_the_wire import replies_on_the_wire
from .repair import repair
from .row_saver import RowSaver
from .sums import Sums
from .under_way import rows_under_way


def read_results(path: Path) -> Iterator[RowResult]:
    """Yield the rows that are written in a folder."""
    return cast("Iterator[RowResult]", read_lines(path / RESULTS))


@dataclass
class BatchFiles:
    """The files of a batch, open; nobody else writes them.

    Attributes:
        path: The folder.
        about: What `metadata.json` holds.
        results: Grows with each row that has ended.
        pools: The same for the pools.
        ended: Ids of the rows that are written, and whether each has an answer.
    """

    path: Path
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

    def save(self, about: JsonObject) -> None:
        """Write what is known of the batch now."""
        self.about |= about
        write_metadata(self.path / METADATA, self.about)

    def save_end(self, stopped: str, sums: Sums) -> None:
        """Write how the batch has ended, and what its rows add up to."""
        self.save({"ended": timestamp(), "stopped": stopped, "sums": sums.as_json()})


Files = TypeVar("Files", bound=BatchFiles)


@contextmanager
def open_files(
    made: Callable[[Path, JsonObject, GrowingFile, GrowingFile], Files],
    path: Path,
    about: JsonObject,
) -> Iterator[Files]:
    """Open the files of a folder that is held.

    Args:
        made: Makes the object of them.
        path: The folder.
        about: What it was begun with.

    Raises:
        StoreError: they cannot be written.
    """
    results, pools = GrowingFile(path / RESULTS), GrowingFile(path / POOLS)
    with closing(results), closing(pools):
        files = made(path, about, results, pools)
        files.ended |= {row["id"]: row["error"] is None for row in files.written()}
        yield files


@dataclass
class Folder(BatchFiles):
    """The files of a batch, and the rows under way.

    Attributes:
        saver: Holds the rows under way.
    """

    saver: RowSaver = field(kw_only=True)

    def write(self, result: RowResult, pool: RowPool) -> None:
        """Write a row, unless what holds the rows under way has failed: it may be why this one has.

        Raises:
            StoreError: it has, or the disk is full, say.
        """
        self.saver.require_sound()
        super().write(result, pool)

    async def tidy(self) -> None:
        """Delete the runs of rows that are written: a kill came between the two."""
        for row in await self.saver.rows():
            if self.ended.get(row):
                await self.saver.forget_paid(row)
                await self.saver.adelete_thread(row)


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
    with held_folder(path, made_with, checkpoints) as about:
        repair(path, retry_failed=retry_failed)
        async with (
            rows_under_way(path, checkpoints, about) as saver,
            replies_on_the_wire(path, saver),
            reading_thread() as saver.reader,
        ):
            with open_files(partial(Folder, saver=saver), path, about) as folder:
                yield folder
