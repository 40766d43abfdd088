"""The conversation a run answers: system prompt, history, and the query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.utils import convert_to_messages

from .errors import InputError
from .message_text import kind_of, message_words, spoken, text_in
from .replies.reply import well_formed

_NAMES = {"human": "User", "ai": "Assistant", "tool": "Tool result"}


@dataclass(frozen=True)
class Conversation:
    """What the policy is asked, and how critiques show it.

    Attributes:
        messages: All turns, as the policy and the reward see them.
        query: Text of the last human turn.
    """

    messages: list[AnyMessage]
    query: str

    @property
    def other_parts(self) -> list[str]:
        """Kinds of content beside text in human turns and tool results, such as `image`."""
        turns = [m for m in spoken(self.messages) if isinstance(m, HumanMessage | ToolMessage)]
        parts = [part for m in turns for part in m.content if not isinstance(part, str)]
        return sorted({kind_of(part) for part in parts if text_in(part) is None})

    @property
    def text(self) -> str:
        """The query; after the system prompt and earlier turns, if there are any."""
        if len(self.messages) == 1:
            return self.query
        turns = []
        for message in spoken(self.messages):
            name = "System" if isinstance(message, SystemMessage) else _NAMES.get(message.type, "")
            if text := message_words(message).strip():
                turns.append(f"{name or message.type}: {text}")
        return "\n\n".join(turns)


def read_conversation(messages: Sequence[AnyMessage] | None) -> Conversation:
    """Check the input and find its query.

    Args:
        messages: The `messages` channel: history, system prompt, last human turn.

    Returns:
        The conversation; tool turns after the last human one are kept.

    Raises:
        InputError: no human turn, nothing but blanks or images in it, or the
            conversation already ends with an answer. An answer with a name is one of another
            agent, and may be followed by this one's.
    """
    turns = list(messages or [])
    human = next((m for m in reversed(spoken(turns)) if isinstance(m, HumanMessage)), None)
    if human is None:
        raise InputError("there is no human turn to answer: add a message with role 'user'")
    last = turns[-1]
    if isinstance(last, AIMessage) and not last.tool_calls and not last.name:
        raise InputError(
            "the conversation already ends with an answer: add a new message with role 'user'"
        )
    query = message_words(human).strip()
    if not query:
        if any(text_in(part) is None for part in human.content):
            raise InputError(
                "the last human turn holds no text, only other parts such as images: "
                "say in words what to answer"
            )
        raise InputError("the prompt is empty: say what to answer")
    return Conversation(turns, query)


def read_drafts(drafts: object) -> list[str]:
    """Check the answers that the caller brings.

    Returns:
        The distinct ones, in order.

    Raises:
        InputError: something else than a list of texts, or an empty text.
    """
    given = drafts if isinstance(drafts, list | tuple) else [drafts] if drafts else []
    texts = [well_formed(draft).strip() for draft in given if isinstance(draft, str)]
    if len(texts) < len(given) or not all(texts):
        raise InputError("drafts: give a list of answers, each a text that is not empty")
    return list(dict.fromkeys(texts))


def to_messages(
    prompt: str | Sequence[BaseMessage | dict[str, str] | tuple[str, str]],
) -> list[AnyMessage]:
    """Turn a bare string or chat messages in any usual form into messages.

    Raises:
        InputError: a form that is not a message, or an empty prompt.
    """
    if isinstance(prompt, str):
        if not prompt.strip():
            raise InputError("the prompt is empty: say what to answer")
        return [HumanMessage(prompt)]
    if isinstance(prompt, Mapping):  # its keys would pass for messages
        raise InputError("give a list of chat messages, not one: [{'role': 'user', ...}]")
    try:
        return cast("list[AnyMessage]", convert_to_messages(prompt))
    except (ValueError, NotImplementedError, TypeError, KeyError) as error:
        raise InputError(
            f"this is not a list of chat messages: {type(error).__name__}; "
            "use {'role': 'user', 'content': '...'}"
        ) from None
