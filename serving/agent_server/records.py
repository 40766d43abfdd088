"""The records of threads and runs, in the form of the Agent Server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from typing_extensions import TypedDict

from ...core.json_types import JsonObject

ThreadStatus = Literal["idle", "busy", "interrupted", "error"]
RunStatus = Literal["pending", "running", "success", "error", "timeout", "interrupted"]
OPEN_STATUSES: tuple[RunStatus, ...] = ("pending", "running")  # resumed after a restart


class Thread(TypedDict):
    """A conversation; its state is saved with the checkpoints."""

    thread_id: str
    created_at: str
    updated_at: str
    metadata: JsonObject
    status: ThreadStatus
    error: JsonObject | None
    owner: str
    """The name of the person it belongs to; "" for the one who started the server."""


class Run(TypedDict):
    """One run on a thread."""

    run_id: str
    thread_id: str
    assistant_id: str
    created_at: str
    updated_at: str
    status: RunStatus
    metadata: JsonObject
    kwargs: JsonObject
    multitask_strategy: str
    life: int
    """How often it was started: once, and once more after each restart of the server."""
    owner: str
    """Who asked for it, and pays: the owner of its thread, or an admin."""


def new_thread(owner: str, thread_id: str | None, metadata: JsonObject | None) -> Thread:
    """Return the record of a new thread."""
    created_at = now()
    return Thread(
        thread_id=thread_id or str(uuid4()),
        created_at=created_at,
        updated_at=created_at,
        metadata=metadata or {},
        status="idle",
        error=None,
        owner=owner,
    )


def thread_config(record: Thread | Run) -> RunnableConfig:
    """Return the config that names a thread, or the thread of a run."""
    return {"configurable": {"thread_id": record["thread_id"]}}


def at_checkpoint(config: RunnableConfig, checkpoint_id: str) -> RunnableConfig:
    """Return the config that names a checkpoint of the same thread."""
    configurable = {**config["configurable"], "checkpoint_id": checkpoint_id}
    return {**config, "configurable": configurable, "metadata": {}}


def now() -> str:
    """Return the time, as the records hold it."""
    return datetime.now(UTC).isoformat()


def public_run(run: Run) -> Mapping[str, object]:
    """Return a run as clients see it."""
    return {key: value for key, value in run.items() if key not in {"life", "owner"}}
