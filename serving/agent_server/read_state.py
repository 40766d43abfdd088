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


async def state_at(app: App, config: RunnableConfig) -> StateSnapshot | None:
    """Return the state of a thread, or `None` if it cannot be read."""
    try:
        return await read_state(app, config)
    except Refusal:
        return None


async def values_at(app: App, config: RunnableConfig) -> JsonObject | None:
    """Return the values of a thread's state, or `None` if they cannot be read."""
    state = await state_at(app, config)
    return cast("JsonObject", state.values) if state else None


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
    state = await state_at(app, config)
    # Until `sample` has written, it is what the turn before has cost.
    if state is None or {START, "sample"} & {*state.next}:
        return None
    usage = state.values.get("usage")
    return cast("Usage", usage)["total"] if usage else None
