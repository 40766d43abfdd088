"""A conversation and its answer as the chat messages that a reward model's template takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AnyMessage
from langchain_core.messages.utils import convert_to_openai_messages

from ..core.json_types import JsonObject
from ..core.message_text import message_words, spoken
from ..core.replies.reply import well_formed
from ..core.special_tokens import as_text

Chat = list[JsonObject]
_KEPT = ("role", "content", "tool_calls", "tool_call_id")


def plain_text(text: str) -> str:
    """Return a text as it is sent: whole characters, special tokens blunted."""
    return as_text(well_formed(text))


def chat_of(messages: Sequence[AnyMessage], answer: str) -> Chat:
    """Return a conversation and its answer as chat messages; texts only, reasoning left out.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> chat_of([HumanMessage("Hi")], "Hello")[-1]
        {'role': 'assistant', 'content': 'Hello'}
    """
    chat = []
    for message in spoken(messages):
        # In words first: a block of a kind that the conversion does not know would end it.
        words = message.model_copy(update={"content": plain_text(message_words(message))})
        turn: Any = convert_to_openai_messages(words)
        for call in turn.get("tool_calls", []):
            call["function"]["arguments"] = plain_text(call["function"]["arguments"])
        chat.append({key: turn[key] for key in _KEPT if key in turn})
    return [*chat, {"role": "assistant", "content": plain_text(answer)}]
