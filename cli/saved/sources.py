"""Saved runs as an export reads them."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.final_answer import without_answer
from ...core.message_json import plain_messages
from ...core.provenance import settings_shown
from ...datasets.export.source import Source
from .saved_run import SavedRun, load_run
from .status import values_of
from .store import VERSION, Store, find_run, latest_runs, open_store, store_path


async def saved_sources(db: str | None, ids: Sequence[str]) -> list[Source]:
    """Return saved runs, the oldest first.

    Args:
        db: The file, as it was typed; see `store_path`.
        ids: Ids of runs, or their first characters; all runs, if there are none.

    Raises:
        InputError: there is no such run.
        StoreError: the file is missing, or cannot be used.
    """
    async with open_store(store_path(db)) as store:
        named = [await find_run(store, beginning) for beginning in ids]
        wanted = named or (await latest_runs(store))[::-1]
        return [await source_of(store, await load_run(store, run_id, {})) for run_id in wanted]


async def source_of(store: Store, run: SavedRun) -> Source:
    """Return one run."""
    state, saved = await run.state(), await run.saved()
    values = values_of(state)
    return Source(
        id=run.id,
        origin=store.path.name,
        messages=plain_messages(without_answer(values)),
        candidates=values.get("candidates") or [],
        rounds=values.get("rounds") or [],
        gamed=values.get("stop_reason") == "overoptimised",
        settings=settings_shown(run.context),
        version=str((saved.metadata if saved else {}).get(VERSION) or ""),
    )
