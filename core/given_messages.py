"""Messages as a caller gives them: each of them counts, and all of them can be saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import uuid4

from langchain_core.messages import (
    AnyMessage,
    BaseMessage,
    BaseMessageChunk,
    MessageLikeRepresentation,
    RemoveMessage,
    message_chunk_to_message,
)
from langchain_core.messages.utils import convert_to_messages
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph.message import add_messages

from .conversation import read_conversation, to_messages
from .errors import InputError
from .json_types import JsonObject
from .merge import refused_as
from .remove_messages import has_removals, refuse_unknown_removals
from .replies.reply import well_formed

_OF_NO_MODEL = ("additional_kwargs", "response_metadata")  # what a provider or a program keeps
_serializer = JsonPlusSerializer()


Turns = list[MessageLikeRepresentation]
Prompt = str | Sequence[BaseMessage | dict[str, str] | tuple[str, str]]


@refused_as("give a list of chat messages")
def add_turns(left: Turns, right: Turns | MessageLikeRepresentation) -> list[AnyMessage]:
    """Add messages to a conversation: the reducer of the channel `messages`.

    A message replaces an earlier one of its id and may remove one, as LangGraph has it. But two
    messages of one id that are given together are two turns: streams that were stored twice and
    providers that reuse ids make such histories, and a turn must not be lost to them.

    Args:
        left: The conversation.
        right: What is added; the objects themselves stay as they are.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> len(add_turns([], [HumanMessage("a", id="1"), HumanMessage("b", id="1")]))
        2
    """
    added, known = list[BaseMessage](), set[str | None]({None})
    for given in convert_to_messages(right if isinstance(right, list) else [right]):
        turn = message_chunk_to_message(given) if isinstance(given, BaseMessageChunk) else given
        if not isinstance(turn, RemoveMessage):
            turn = savable(turn)
            turn = turn.model_copy(update={"id": str(uuid4())}) if turn.id in known else turn
            known.add(turn.id)
        added.append(turn)
    return cast("list[AnyMessage]", add_messages(left, cast("Turns", added)))


def as_meant(messages: Sequence[BaseMessage]) -> list[AnyMessage]:
    """Return a conversation as it is meant: what removes messages has removed them.

    Raises:
        InputError: a message that is not there is to be removed.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> gone = [HumanMessage("a", id="1"), RemoveMessage(id="1"), HumanMessage("b")]
        >>> [message.text for message in as_meant(gone)]
        ['b']
    """
    refuse_unknown_removals(messages, [])
    if has_removals(messages):
        return add_turns([], cast("Turns", messages))
    return [cast("AnyMessage", savable(message)) for message in messages]


def savable(message: BaseMessage) -> BaseMessage:
    """Return a message that can be saved and sent.

    Half characters and NUL are replaced. What a saver cannot write is left out: the artifact of
    a tool (an image, a table, an object of one's own), or what a program has put beside the text.
    No model reads those.
    """
    fields: JsonObject = {**vars(message), **(message.model_extra or {})}
    changes = {k: new for k, old in fields.items() if (new := mended(old)) is not old}
    message = message.model_copy(update=changes) if changes else message
    if can_be_saved(message):
        return message
    further = [*(message.model_extra or {}), "artifact"]
    lost: JsonObject = {k: None for k in further if not can_be_saved(getattr(message, k, None))}
    for name in _OF_NO_MODEL:
        lost[name] = {k: v for k, v in getattr(message, name).items() if can_be_saved(v)}
    return message.model_copy(update=lost)


def can_be_saved(value: object) -> bool:
    """Tell whether a saver can write a value."""
    try:
        _serializer.dumps_typed(value)
    except Exception:  # noqa: BLE001  whatever an object of one's own raises when it is read
        return False
    return True


def mended(value: object) -> object:
    """Return a value with every text in it well formed: the same object if all of them are."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        new: list[object] = [mended(item) for item in value]
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new
    if isinstance(value, dict):
        fields = {key: mended(item) for key, item in value.items()}
        return value if all(fields[key] is value[key] for key in value) else fields
    return value


def messages_of(prompt: Prompt, *, keep_removals: bool) -> list[AnyMessage]:
    """Return a prompt as messages; without a thread, what is left when some remove others.

    Raises:
        InputError: it cannot be answered, or not be saved.
    """
    texts = isinstance(prompt, list) and len(prompt) > 1
    if texts and all(isinstance(part, str) for part in prompt):
        raise InputError(
            f"a list of {len(prompt)} texts is not one conversation: for an answer to each of them "
            "call tpo.batch([...]); for one conversation give messages with their roles"
        )
    given = [savable(message) for message in to_messages(prompt)]
    new = [m for m in given if not isinstance(m, RemoveMessage)] if keep_removals else given
    left = as_meant(new)
    read_conversation(left)
    if not can_be_saved(left):
        raise InputError(
            "the content of a message holds an object that cannot be saved or sent: give texts, "
            "and images as data"
        )
    return cast("list[AnyMessage]", given) if keep_removals else left
