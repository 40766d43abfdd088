"""What a message says in words, in whatever form its provider writes it."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AnyMessage, BaseMessage, HumanMessage, ToolMessage

from .json_types import JsonObject

# OpenAI's Responses API has names of its own; Bedrock's blocks have no type.
_TEXTS = {"text", "input_text", "output_text", "refusal", None}


def message_words(message: BaseMessage) -> str:
    """Return the text of a message; blocks that hold something else are left out.

    Example:
        >>> message_words(HumanMessage([{"text": "Why?"}, {"cachePoint": {"type": "default"}}]))
        'Why?'
    """
    if isinstance(message.content, str):
        return message.content
    return "".join(text_in(block) or "" for block in message.content)


def text_in(block: str | JsonObject) -> str | None:
    """Return the text of a block of content; `None` if the block is not a text."""
    if isinstance(block, str):
        return block
    text = block.get("refusal" if block.get("type") == "refusal" else "text")
    return text if block.get("type") in _TEXTS and isinstance(text, str) else None


def kind_of(block: JsonObject) -> str:
    """Return what a block of content holds, such as `image`."""
    return str(block.get("type") or next(iter(block), "nothing"))


def is_result(block: object) -> bool:
    """Tell whether a block is the result of a tool, as Anthropic puts it into a human turn."""
    return isinstance(block, dict) and block.get("type") == "tool_result"


def spoken(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Return a conversation with the results of tools as turns of their own.

    Example:
        >>> result = {"type": "tool_result", "tool_use_id": "1", "content": "22"}
        >>> [(m.type, message_words(m)) for m in spoken([HumanMessage([result, "So?"])])]
        [('tool', '22'), ('human', 'So?')]
    """
    turns: list[AnyMessage] = []
    for message in messages:
        # A text is not blocks: its characters would be looked at one by one.
        inside = message.content if isinstance(message, HumanMessage) else ""
        blocks = inside if isinstance(inside, list) else []
        results = [b for b in blocks if isinstance(b, dict) and is_result(b)]
        for block in results:
            content = block.get("content") or ""
            turns.append(ToolMessage(content, tool_call_id=str(block.get("tool_use_id") or "")))
        rest = [block for block in blocks if not is_result(block)]
        if not results:
            turns.append(message)
        elif rest:
            turns.append(message.model_copy(update={"content": rest}))
    return turns
