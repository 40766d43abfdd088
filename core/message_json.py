"""Messages as plain JSON, in the form that other programs and `to_messages` read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from langchain_core.messages import BaseMessage, convert_to_openai_messages

from .json_types import JsonObject

_ROLES = {"human": "user", "ai": "assistant"}


def plain_messages(messages: Sequence[BaseMessage]) -> list[JsonObject]:
    """Return messages as `{"role": ..., "content": ...}`, tool calls beside.

    Example:
        >>> from tpo.core.conversation import to_messages
        >>> plain_messages(to_messages([("system", "Be brief."), ("user", "Why?")]))
        [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': 'Why?'}]
    """
    return [plain_message(message) for message in messages]


def plain_message(message: BaseMessage) -> JsonObject:
    """Return one message in this form; content that LangChain does not know stays as it is."""
    try:
        return convert_to_openai_messages(message)
    except (KeyError, TypeError, ValueError):
        return {"role": role_of(message), "content": message.content}


def role_of(message: BaseMessage) -> str:
    """Return the role of a message, as other programs call it."""
    return _ROLES.get(message.type, message.type)


def as_json(result: Mapping[str, object]) -> JsonObject:
    """Return a result as plain JSON, for `json.dumps`: its messages are objects of LangChain.

    Args:
        result: What `align` returned, or a state of the graph.

    Returns:
        The same with `messages` as `{"role": ..., "content": ...}`; `align` takes them back.

    Example:
        >>> import json
        >>> from tpo.core.conversation import to_messages
        >>> result = {"answer": "Hi.", "messages": to_messages("Hello")}
        >>> json.dumps(as_json(result)["messages"])
        '[{"role": "user", "content": "Hello"}]'
    """
    messages = cast("Sequence[BaseMessage]", result.get("messages") or [])
    return {**result, "messages": plain_messages(messages)}
