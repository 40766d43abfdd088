"""What the server remembers of threads and runs, in the Agent Server's form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from langchain_core.runnables import RunnableConfig
from typing_extensions import TypedDict

ThreadStatus = Literal["idle", "busy", "interrupted", "error"]
RunStatus = Literal["pending", "running", "success", "error", "timeout", "interrupted"]
OPEN: tuple[RunStatus, ...] = ("pending", "running")  # these go on after a restart


class Thread(TypedDict):
    """A conversation; its state lies in the saver."""

    thread_id: str
    created_at: str
    updated_at: str
    metadata: dict[str, Any]
    status: ThreadStatus
    error: Any


class Run(TypedDict):
    """One run on a thread."""

    run_id: str
    thread_id: str
    assistant_id: str
    created_at: str
    updated_at: str
    status: RunStatus
    metadata: dict[str, Any]
    kwargs: dict[str, Any]
    multitask_strategy: str
    life: int
    """How often it was begun: once, and again after each end of the server."""


def place_of(one: Thread | Run) -> RunnableConfig:
    """Return the config that names a thread, or that of a run, and nothing else."""
    return {"configurable": {"thread_id": one["thread_id"]}}


def at_checkpoint(config: RunnableConfig, checkpoint_id: str) -> RunnableConfig:
    """Return the config that names a checkpoint of the same thread."""
    configurable = {**config["configurable"], "checkpoint_id": checkpoint_id}
    return {**config, "configurable": configurable, "metadata": {}}


def now() -> str:
    """Return the time as it is written down."""
    return datetime.now(UTC).isoformat()


def shown(run: Run) -> dict[str, Any]:
    """Return a run as clients see it."""
    return {key: value for key, value in run.items() if key != "life"}
