"""The rows of a batch folder, done and under way: only read, also while the batch is at work."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from langgraph.types import StateSnapshot

from ...core.context import Context
from ...core.errors import InputError
from ...core.held_lock import is_held
from ...core.json_types import JsonObject
from ...core.make_context import make_context
from ...datasets.batch.database_copy import copied_database
from ...datasets.batch.folder import read_results
from ...datasets.batch.json_lines import read_lines
from ...datasets.batch.metadata import read_metadata
from ...datasets.batch.row_turns import OWN_SETTINGS
from ...datasets.batch.under_way import RUNS
from ...datasets.records import METADATA, POOLS, RowPool, RowResult
from ...datasets.rows.own_settings import with_own_settings
from .ended_row import ended_row, state_of_row
from .find_row import find_row
from .run_row import RunRow, row_of
from .saved_run import SavedRun
from .store import Store, all_threads, open_store


@dataclass(frozen=True)
class BatchRows:
    """The rows of a batch folder.

    Attributes:
        folder: The folder.
        about: What its `metadata.json` says.
        store: A copy of its rows under way.
        begun: Ids of the rows in that copy, the newest first.
    """

    folder: Path
    about: JsonObject
    store: Store
    begun: Sequence[str]

    @cached_property
    def ended(self) -> dict[str, None]:
        """Ids of the rows that are written, the newest first."""
        return dict.fromkeys(reversed([row["id"] for row in self.results()]))

    @cached_property
    def ids(self) -> list[str]:
        """Ids of all rows that have begun: those under way, then those that have ended."""
        return [row for row in self.begun if row not in self.ended] + list(self.ended)

    @cached_property
    def context(self) -> Context:
        """The settings of all rows."""
        known = self.about["settings"].items()
        return make_context(None, **{k: v for k, v in known if k in Context.model_fields})

    def results(self) -> Iterator[RowResult]:
        """Yield the rows that are written."""
        return read_results(self.folder)

    def find(self, beginning: str) -> str:
        """Return the id of a row; see `find_row`."""
        return find_row(self.ids, beginning, self.folder)

    async def rows(self, ids: Sequence[str]) -> list[RunRow]:
        """Return what a table says of some rows."""
        wanted = frozenset(ids) & self.ended.keys()
        ended = {
            one["id"]: ended_row(one, self.settings_of(one))
            for one in self.results()
            if one["id"] in wanted
        }
        return [ended.get(row) or await row_of(await self.run(row)) for row in ids]

    def settings_of(self, result: RowResult) -> Context:
        """Return the settings of a row that has ended."""
        return with_own_settings(self.context, result.get("settings", {}))

    async def run(self, row: str) -> SavedRun:
        """Return a row that has checkpoints as a saved run."""
        saved = await self.store.saver.aget_tuple({"configurable": {"thread_id": row}})
        kept: JsonObject = {**saved.metadata} if saved else {}
        own = json.loads(kept.get(OWN_SETTINGS) or "{}")
        return SavedRun(self.store, row, with_own_settings(self.context, own))

    async def shown(self, row: str, *, checkpoints: bool) -> tuple[SavedRun, StateSnapshot]:
        """Return a row as a saved run, and its newest state.

        Args:
            row: Its id.
            checkpoints: Whether its checkpoints are asked for.

        Raises:
            InputError: they are, and are not kept.
        """
        if checkpoints and row not in self.begun:
            raise InputError(
                f"the row {row!r} has ended, and its checkpoints are taken out then, unless the "
                "batch has --keep-runs"
            )
        if checkpoints or row not in self.ended:
            run = await self.run(row)
            return run, await run.state()
        result = next(one for one in self.results() if one["id"] == row)
        run = SavedRun(replace(self.store, at_work=False), row, self.settings_of(result))
        return run, state_of_row(result, self.pool(row))

    def pool(self, row: str) -> RowPool:
        """Return what is written of the candidates and rounds of a row."""
        pools: Iterator[RowPool] = read_lines(self.folder / POOLS)
        unknown = RowPool(id=row, candidates=[], rounds=[], requests=[])
        return next((one for one in pools if one["id"] == row), unknown)


def is_batch(path: Path) -> bool:
    """Return whether a path is the folder of a batch."""
    return path.is_dir() and {"settings", "rows"} <= (read_metadata(path / METADATA) or {}).keys()


@asynccontextmanager
async def open_batch_rows(folder: Path) -> AsyncIterator[BatchRows]:
    """Open a batch folder to read it; nothing in it is written or held.

    Raises:
        StoreError: a file cannot be read.
    """
    at_work = is_held(folder)
    with copied_database(folder / RUNS) as copy:
        async with open_store(copy, create=True) as store:
            about = read_metadata(folder / METADATA) or {}
            begun = await all_threads(store)
            yield BatchRows(folder, about, replace(store, at_work=at_work), begun)
