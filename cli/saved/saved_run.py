"""One saved run: opened by its id or new, its settings, its state."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.types import StateSnapshot

from ...core.context import Context
from ...core.dollars import PRICES
from ...core.json_types import JsonObject
from ...core.make_context import make_context
from ...core.provenance import package_version
from ...graphs.loop import TPOApp, build_tpo
from .lock import locked
from .store import PRICE_FILE, SETTINGS, VERSION, Store, find_run, open_store, store_path


@dataclass(frozen=True)
class SavedRun:
    """A run in the file of saved runs, and the settings it continues with."""

    store: Store
    id: str
    context: Context

    @cached_property
    def app(self) -> TPOApp:
        """The compiled graph. Its defaults are the settings, for edges that see no runtime."""
        return build_tpo(defaults=self.context).compile(checkpointer=self.store.saver, name="tpo")

    @property
    def thread(self) -> RunnableConfig:
        """The config that means: this run, as it is now."""
        return {"configurable": {"thread_id": self.id}}

    @property
    def config(self) -> RunnableConfig:
        """The config to run with: every checkpoint then remembers the settings."""
        # `live` is about who watches, not about the run.
        settings = self.context.model_dump(mode="json", exclude={"live"})
        kept = {SETTINGS: json.dumps(settings), VERSION: package_version()}
        if prices := os.environ.get(PRICES):
            kept[PRICE_FILE] = str(Path(prices).absolute())
        return {**self.thread, "metadata": kept}

    async def saved(self) -> CheckpointTuple | None:
        """Return the newest checkpoint as it is saved, or `None` before the first."""
        return await self.store.saver.aget_tuple(self.thread)

    async def state(self) -> StateSnapshot:
        """Return the newest state, with what a step under way has finished so far."""
        return await self.app.aget_state(self.thread)


@asynccontextmanager
async def new_run(db: str | None, context: Context) -> AsyncIterator[SavedRun]:
    """Begin a run in the file of saved runs, and keep other processes off it.

    Args:
        db: The file, as it was typed; see `store_path`.
        context: The settings.
    """
    async with open_store(store_path(db), create=True) as store:
        run = SavedRun(store, secrets.token_hex(4), context)  # short enough to type
        with locked(store.path, run.id):
            yield run


@asynccontextmanager
async def open_run(
    db: str | None, beginning: str, changes: Mapping[str, object] | None = None
) -> AsyncIterator[SavedRun]:
    """Open a saved run: to read it, or to continue it.

    Args:
        db: The file, as it was typed; see `store_path`.
        beginning: The run's id, or its first characters.
        changes: Settings to change, if it is to continue; other processes are then kept off it.

    Raises:
        InputError: there is no such run, or another process is running it.
        ConfigError: a setting is out of bounds.
        StoreError: the file is missing, or cannot be used.
    """
    async with open_store(store_path(db)) as store:
        run = await load_run(store, await find_run(store, beginning), changes or {})
        if changes is not None and (saved := await run.saved()):
            take_prices(saved.metadata)
        with nullcontext() if changes is None else locked(store.path, run.id):
            yield run


async def load_run(store: Store, run_id: str, changes: Mapping[str, object]) -> SavedRun:
    """Return a run of an open store, with some of its settings changed."""
    saved = await store.saver.aget_tuple({"configurable": {"thread_id": run_id}})
    settings = settings_of(saved.metadata if saved else None)
    return SavedRun(store, run_id, make_context(settings, **changes))


def take_prices(metadata: Mapping[str, Any]) -> None:
    """Have a run go on with the file of prices that it began with, unless another is named."""
    kept = metadata.get(PRICE_FILE)
    if kept and not os.environ.get(PRICES) and Path(kept).is_file():
        os.environ[PRICES] = kept


def settings_of(metadata: Mapping[str, Any] | None) -> Context:
    """Return the settings a checkpoint was written with; unknown ones are from another version."""
    saved: JsonObject = json.loads((metadata or {}).get(SETTINGS) or "{}")
    return make_context(None, **{k: v for k, v in saved.items() if k in Context.model_fields})
