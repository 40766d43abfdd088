"""The parts of a message that a model wrote: text, reasoning, a refusal, whoever wrote them how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from langchain_core.messages import BaseMessage

_TEXT = {"text", "output_text", None}
_THOUGHT = {"thinking", "reasoning", "reasoning_content", "thought"}
# Where the words of a piece of reasoning stand: as text, in a list, or in another such piece.
_WORDS = ("thinking", "reasoning", "reasoning_content", "thought", "summary", "text", "content")
# Beside the content: OpenAI-compatible servers, OpenAI itself, OpenRouter, LiteLLM.
_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks")


def written_text(message: BaseMessage) -> str:
    """Return the text of a message; parts of other kinds are left out."""
    texts = [
        part if isinstance(part, str) else part.get("text")
        for part in _parts(message)
        if isinstance(part, str) or part.get("type") in _TEXT
    ]
    return "".join(text for text in texts if isinstance(text, str))


def written_reasoning(message: BaseMessage) -> list[str]:
    """Return what a message says of the model's reasoning beside its text, nothing twice."""
    parts = [p for p in _parts(message) if isinstance(p, Mapping) and p.get("type") in _THOUGHT]
    # A provider may say the same twice, in a part and in a field.
    found = ["".join(_words(part)) for part in parts]
    found += ["".join(_words(message.additional_kwargs.get(name))) for name in _FIELDS]
    return list(dict.fromkeys(thought for thought in found if thought))


def written_refusal(message: BaseMessage) -> str:
    """Return the model's refusal, or ""."""
    parts = [p for p in _parts(message) if isinstance(p, Mapping) and p.get("type") == "refusal"]
    said = [message.additional_kwargs.get("refusal"), *(part.get("refusal") for part in parts)]
    return next((one.strip() for one in said if isinstance(one, str) and one.strip()), "")


def _parts(message: BaseMessage) -> Sequence[str | Mapping[str, object]]:
    content = message.content
    parts = content if isinstance(content, list) else [content]
    return [part for part in parts if isinstance(part, str | Mapping)]


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _words(part)
    elif isinstance(value, Mapping):
        yield from _words(next((value[name] for name in _WORDS if value.get(name)), None))
