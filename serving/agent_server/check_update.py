"""Checks that a thread can take an input or an update, on a copy, before it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from langchain_core.messages import BaseMessage
from langgraph.channels.base import BaseChannel

from ...core.conversation import to_messages
from ...core.errors import InputError, evidence
from ...core.json_types import JsonObject
from ...core.remove_messages import refuse_removals, refuse_unknown_removals
from ..guard.limit_settings import MAX_MESSAGES
from ..served_models import App


def messages_in(update: object) -> Sequence[BaseMessage]:
    """Return the messages of an input or an update.

    Raises:
        InputError: they are not messages.
    """
    if not isinstance(update, Mapping) or "messages" not in update:
        return []
    given = update["messages"]
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) > MAX_MESSAGES:
        raise InputError(
            f"{len(given)} messages are too many for one update: send {MAX_MESSAGES} at most"
        )
    return to_messages([dict(given)] if isinstance(given, Mapping) else given)


def check_for_new_thread(update: object) -> None:
    """Check an input for a thread that is made for one run.

    Raises:
        InputError: it asks to remove messages, and there are none.
    """
    refuse_removals(messages_in(update))


def check_update(app: App, values: JsonObject, update: object) -> JsonObject:
    """Check that a thread can take an input or an update, and return what it comes to.

    LangGraph saves first and merges later: if the merge fails, nobody can read the thread any
    more.

    Args:
        app: The graph.
        values: The state of the thread.
        update: What is to be merged into it.

    Returns:
        The values of the channels that it names.

    Raises:
        InputError: it cannot be merged.
    """
    if not isinstance(update, Mapping):
        return {}
    merged, known = JsonObject(), [message.id for message in values.get("messages") or []]
    refuse_unknown_removals(messages_in(update), known)
    for name, value in update.items():
        if isinstance(channel := app.channels.get(name), BaseChannel):
            try:
                copy = channel.from_checkpoint(values[name]) if name in values else channel.copy()
                copy.update([value])
                merged[name] = copy.get() if copy.is_available() else None
            except Exception as error:  # noqa: BLE001  whatever a reducer raises
                raise InputError(f"{name} cannot be merged: {evidence(error)}") from None
    return merged
