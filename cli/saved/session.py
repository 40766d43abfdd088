"""One run and where it is saved: its state, its settings, its status."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StateSnapshot

from ...core.context import Context
from ...core.conversation import read_conversation
from ...core.settings import make_context
from ...core.state import Candidate, State
from ...graphs.loop import build_tpo
from .claim import is_claimed
from .store import SETTINGS, Store, find_run

App = CompiledStateGraph[Any, Context, Any, Any]
Status = Literal["finished", "stopped", "waiting", "running", "failed", "interrupted"]


def new_id() -> str:
    """Return an id that is short enough to type."""
    return secrets.token_hex(4)


@dataclass(frozen=True)
class Session:
    """A run in the file of saved runs, and the settings it goes on with."""

    store: Store
    id: str
    context: Context

    @cached_property
    def app(self) -> App:
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
        return {**self.thread, "metadata": {SETTINGS: json.dumps(settings)}}

    async def saved(self) -> CheckpointTuple | None:
        """Return the newest checkpoint as it is saved, or `None` before the first."""
        return await self.store.saver.aget_tuple(self.thread)

    async def state(self) -> StateSnapshot:
        """Return the newest state, with what a step under way has finished so far."""
        return await self.app.aget_state(self.thread)


async def open_session(
    store: Store, beginning: str, knobs: dict[str, Any] | None = None
) -> Session:
    """Find a saved run.

    Args:
        store: The file of saved runs.
        beginning: Its id, or the beginning of it.
        knobs: Settings to change.

    Raises:
        InputError: there is no such run.
        ConfigError: a setting is out of bounds.
    """
    id = await find_run(store, beginning)  # noqa: A001
    saved = await store.saver.aget_tuple({"configurable": {"thread_id": id}})
    settings = settings_of(saved.metadata if saved else {})
    return Session(store, id, make_context(settings, **(knobs or {})))


def settings_of(metadata: Any) -> Context:
    """Return the settings a checkpoint was written with; unknown ones are from another version."""
    saved: dict[str, Any] = json.loads(metadata.get(SETTINGS) or "{}")
    return make_context(None, **{k: v for k, v in saved.items() if k in Context.model_fields})


def is_over(state: StateSnapshot) -> bool:
    """Tell whether a run is over.

    A step that finished, but was cut off before the checkpoint after it, is no longer
    `next` and still among the tasks.
    """
    return not state.next and not state.tasks


def status_of(session: Session, state: StateSnapshot) -> Status:
    """Say how a run stands."""
    if state.interrupts:
        return "waiting"
    if is_over(state):
        return "finished" if state.values.get("stop_reason") == "depth" else "stopped"
    if is_claimed(session.store.path, session.id):
        return "running"
    # A step that Ctrl-C cancelled is saved as an error too, and read back as Python shows it.
    names = {str(task.error).partition("(")[0] for task in state.tasks if task.error}
    return "failed" if names - {"CancelledError"} else "interrupted"


def values_of(state: StateSnapshot) -> State:
    """Return the channels of a state, typed."""
    return cast("State", state.values)


def text_of(candidate: Candidate) -> str:
    """Return a candidate's text; a run killed at the wrong moment may lack it until resumed."""
    return candidate.get("text") or ""


def query_of(state: StateSnapshot) -> str:
    """Return what was asked."""
    messages = values_of(state).get("messages") or []
    # The last message of a finished run is the answer.
    turns = messages[:-1] if is_over(state) else messages
    return read_conversation(turns).query if turns else ""
