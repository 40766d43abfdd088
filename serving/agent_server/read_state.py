"""Reads the saved state of a thread, which may be damaged or of an older version."""

from __future__ import annotations

from typing import cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.constants import START
from langgraph.types import StateSnapshot

from ...core.errors import InputError, evidence
from ...core.json_types import JsonObject
from ...core.usage import Cost, Usage
from ...graphs.thread import lacks_last_checkpoint, with_last_checkpoint
from ..error_responses import Refusal
from ..served_models import App


async def read_state(app: App, config: RunnableConfig) -> StateSnapshot:
    """Return the state of a thread.

    Raises:
        Refusal: it cannot be read (409).
    """
    try:
        return await app.aget_state(config)
    except Exception as error:  # noqa: BLE001  whatever its bytes or its reducers raise
        raise Refusal(409, unreadable(error)) from None


async def values_at(app: App, config: RunnableConfig) -> JsonObject | None:
    """Return the values of a thread's state, or `None` if they cannot be read."""
    try:
        return cast("JsonObject", (await read_state(app, config)).values)
    except Refusal:
        return None


async def saved_checkpoint(app: App, config: RunnableConfig) -> CheckpointTuple | None:
    """Return a checkpoint as it is saved, even if its state cannot be read.

    Raises:
        InputError: not even its bytes can be read.
    """
    try:
        return await cast("BaseCheckpointSaver[str]", app.checkpointer).aget_tuple(config)
    except Exception as error:  # noqa: BLE001  whatever its bytes raise
        raise InputError(unreadable(error)) from None


def unreadable(error: Exception) -> str:
    """Return a message that says that a state cannot be read, and what to do."""
    return (
        f"the state of this thread cannot be read ({evidence(error)}): go on from an earlier "
        "checkpoint of its history, or delete it"
    )


async def cost_before(app: App, config: RunnableConfig) -> Cost | None:
    """Return what the turn that a run goes on with has cost so far."""
    try:
        state = await read_state(app, config)
    except Refusal:
        return None
    usage = state.values.get("usage")
    # Until `sample` has written, it is what the turn before has cost.
    return None if not usage or {START, "sample"} & {*state.next} else cast("Usage", usage)["total"]


async def keep_last_answer(app: App, config: RunnableConfig) -> None:
    """Save the answer of a run that was cut off before its last checkpoint; new input drops it."""
    try:
        state = await read_state(app, config)
    except Refusal:
        return
    if lacks_last_checkpoint(state):
        # Not as this run: LangGraph would take its input for one that is there already.
        await with_last_checkpoint(app, {"configurable": config["configurable"]})
