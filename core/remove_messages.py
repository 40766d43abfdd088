"""Messages that ask to remove other messages: refused if there is nothing to remove."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from langchain_core.messages import BaseMessage, RemoveMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from .errors import InputError


def has_removals(messages: Sequence[BaseMessage]) -> bool:
    """Tell whether any message asks to remove others."""
    return any(isinstance(message, RemoveMessage) for message in messages)


def refuse_removals(messages: Sequence[BaseMessage]) -> None:
    """Refuse all removals: for a conversation that has no history to remove from.

    Raises:
        InputError: one of the messages asks to remove another.
    """
    if has_removals(messages):
        raise InputError(
            "there is nothing to remove: without a thread there are no earlier messages; "
            "leave the 'remove' messages out"
        )


def refuse_unknown_removals(messages: Sequence[BaseMessage], known: Collection[str | None]) -> None:
    """Refuse to remove messages that are not there.

    LangGraph refuses them too, but only after it has saved them: the thread could not be read
    from then on.

    Args:
        messages: New messages.
        known: The ids of the messages in the thread.

    Raises:
        InputError: there is no message of an id that is to be removed.
    """
    there, cleared, unknown = set(known), False, list[str | None]()
    for message in messages:
        if not isinstance(message, RemoveMessage):
            there.add(message.id)
        elif message.id == REMOVE_ALL_MESSAGES:  # LangGraph drops all before, and merges no more
            there, cleared, unknown = set(), True, []
        elif cleared or message.id not in there:
            unknown.append(message.id)
    if unknown:
        raise InputError(f"there is no message {unknown[0]!r} to remove")
