"""Whether a thread can take what a client wants to write, tried on a copy before it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.channels.base import BaseChannel
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.types import StateSnapshot

from ...core.conversation import to_messages
from ...core.errors import InputError, evidence
from ...core.removals import refuse_removals, refuse_unknown_removals
from ..catalogue import App
from ..refusal import Refusal


def messages_in(written: object) -> Sequence[BaseMessage]:
    """Return the messages that an input or an update holds.

    Raises:
        InputError: they are not messages.
    """
    if not isinstance(written, Mapping) or "messages" not in written:
        return []
    given: Any = written["messages"]
    return to_messages([dict(given)] if isinstance(given, Mapping) else given)


def check_alone(written: object) -> None:
    """Check what is written to a new thread that nobody comes back to.

    Raises:
        InputError: it asks to remove messages, and there are none.
    """
    refuse_removals(messages_in(written))


def check_fit(app: App, values: Mapping[str, Any], written: object) -> None:
    """Check that a thread can take an input or an update.

    LangGraph saves first and merges then: what cannot be merged would be met by everyone who
    reads the thread from then on.

    Args:
        app: The graph.
        values: The state of the thread.
        written: What is to be merged into it.

    Raises:
        InputError: it cannot be merged.
    """
    if not isinstance(written, Mapping):
        return
    known = [message.id for message in values.get("messages") or []]
    refuse_unknown_removals(messages_in(written), known)
    for name, value in written.items():
        if isinstance(channel := app.channels.get(name), BaseChannel):
            try:
                held = channel.from_checkpoint(values[name]) if name in values else channel.copy()
                held.update([value])
            except Exception as error:  # noqa: BLE001  whatever a reducer meets in it
                raise InputError(f"{name} cannot be merged: {evidence(error)}") from None


async def read_state(app: App, config: RunnableConfig) -> StateSnapshot:
    """Return the state of a thread.

    Raises:
        Refusal: it cannot be read (409), as one of an older version may.
    """
    try:
        return await app.aget_state(config)
    except Exception as error:  # noqa: BLE001  whatever its bytes or its reducers raise
        raise Refusal(409, unreadable(error)) from None


async def values_at(app: App, config: RunnableConfig) -> Mapping[str, Any] | None:
    """Return the values of a thread's state, or `None` where they cannot be read."""
    try:
        return cast("Mapping[str, Any]", (await app.aget_state(config)).values)
    except Exception:  # noqa: BLE001
        return None


async def saved_checkpoint(app: App, config: RunnableConfig) -> CheckpointTuple | None:
    """Return a checkpoint as it lies in the file: also one whose state cannot be read.

    Raises:
        InputError: not even its bytes can be read.
    """
    try:
        return await cast("BaseCheckpointSaver[str]", app.checkpointer).aget_tuple(config)
    except Exception as error:  # noqa: BLE001  whatever its bytes raise
        raise InputError(unreadable(error)) from None


def unreadable(error: Exception) -> str:
    """Say that a state cannot be read, and what to do."""
    return (
        f"the state of this thread cannot be read ({evidence(error)}): go on from an earlier "
        "checkpoint of its history, or delete it"
    )
