"""What a model replied, read so that no provider's habit can hurt.

Reasoning is kept apart from the answer; refusals count as answers; tool calls,
blocked and empty replies are errors with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from .failure import FailureKind

REASONING_TAGS = ("think", "thinking", "thought", "reasoning")
_THINK = "|".join(REASONING_TAGS)
_BLOCK = re.compile(rf"\s*<({_THINK})>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
# A closing tag in quotes or backticks is something the answer talks about.
_ORPHAN = re.compile(rf"\A(.*?)(?<![`'\"])</(?:{_THINK})>(?![`'\"])", re.DOTALL | re.IGNORECASE)
_OPEN = re.compile(rf"<(?:{_THINK})>", re.IGNORECASE)
_HALF = re.compile("[\ud800-\udfff]")
_BLOCKED = {"content_filter", "safety", "blocked", "recitation"}


@dataclass(frozen=True)
class Reply:
    """One text of a model.

    Attributes:
        text: What it says, reasoning removed.
        reasoning: What it thought first, or "".
        finish_reason: As the provider names it, lower case, or `None`.
        error: Why the text cannot be used, or `None`.
        failure: The kind of `error`, or `None`.
        logprobs: The provider's log-probabilities, if they were asked for.
    """

    text: str
    reasoning: str = ""
    finish_reason: str | None = None
    error: str | None = None
    failure: FailureKind | None = None
    logprobs: Any = field(default=None, repr=False, compare=False)


def split_reasoning(text: str) -> tuple[str, str]:
    """Cut leading reasoning blocks off a reply.

    A block that never closes is all reasoning. A closing tag without an opening one
    (the template opened it) ends the reasoning too.

    Returns:
        The rest and the reasoning, both stripped.

    Example:
        >>> split_reasoning("<think>2+2</think> 4")
        ('4', '2+2')
    """
    thoughts: list[str] = []
    if (orphan := _ORPHAN.match(text)) and not _OPEN.search(orphan[1]):
        thoughts.append(orphan[1].strip())
        text = text[orphan.end() :]
    while block := _BLOCK.match(text):
        thoughts.append(block[2].strip())
        text = text[block.end() :]
    return text.strip(), "\n\n".join(thoughts)


def cut(text: str, stop: Sequence[str]) -> str:
    """Return what comes before the first of the stop sequences.

    Example:
        >>> cut("one. two. END three", ["END", "three"])
        'one. two.'
    """
    places = [place for word in stop if (place := text.find(word)) >= 0]
    return text[: min(places)].strip() if places else text


def well_formed(text: str) -> str:
    """Replace half characters (lone surrogates) and NUL, which no file, terminal or database takes.

    A text that needs nothing is returned as it is, the same object.
    """
    if "\0" not in text and (text.isascii() or not _HALF.search(text)):
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


def read_reply(message: BaseMessage, finish_reason: str | None = None) -> Reply:
    """Read one generated message.

    Args:
        message: What the model returned.
        finish_reason: From the generation, if the message does not carry it.
    """
    extra = message.additional_kwargs
    meta = message.response_metadata
    reason = finish_reason or meta.get("finish_reason") or meta.get("stop_reason")
    reason = str(reason).lower() if reason else None
    text, thought = split_reasoning(well_formed(message.text or ""))
    blocks = message.content_blocks if isinstance(message.content, list) else []
    shown = [str(b.get("reasoning", "")) for b in blocks if b["type"] == "reasoning"]
    parts = (*shown, str(extra.get("reasoning_content") or ""), thought)
    # A provider may say the same twice, in a block and in a field.
    reasoning = "\n\n".join(dict.fromkeys(well_formed(part) for part in parts if part))
    if not text and (refusal := extra.get("refusal")):
        return Reply(well_formed(str(refusal).strip()), reasoning, reason or "refusal")
    failure, error = _why_unusable(message, text, reasoning, reason)
    return Reply(text, reasoning, reason, error, failure, meta.get("logprobs"))


def _why_unusable(
    message: BaseMessage, text: str, reasoning: str, reason: str | None
) -> tuple[FailureKind | None, str | None]:
    if isinstance(message, AIMessage) and (message.tool_calls or message.invalid_tool_calls):
        return "tool_call", "tool_call: the model asked for a tool instead of answering"
    if text:
        return None, None
    if reason in _BLOCKED:
        return "blocked", f"blocked: the provider withheld the answer ({reason})"
    if reasoning:
        return "empty", "empty: the model only thought; raise max_tokens"
    if reason in {"length", "max_tokens"}:
        return "empty", "empty: cut off before the first word; raise max_tokens"
    return "empty", "empty: the model returned no text"
