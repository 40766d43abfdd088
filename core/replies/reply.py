"""What a model replied, read so that no provider's habit can hurt.

Reasoning is kept apart from the answer; refusals count as answers; tool calls,
blocked and empty replies are errors with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from ..failure import FailureKind
from .finish_reason import ending, reason_in
from .reasoning import split_reasoning
from .reply_parts import written_reasoning, written_refusal, written_text

Fault = tuple[bool, FailureKind, str]  # whether it is so, its kind, and what to say of it
WITHHELD = frozenset({"content_filter", "refusal"})
_BYTE_ORDER_MARK = "\ufeff"
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Reply:
    """One text of a model.

    Attributes:
        text: What it says, reasoning removed.
        reasoning: What it thought first, or "".
        finish_reason: Why it ended, as `ending` says it; `None` if the provider does not.
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


def before_stop(reply: Reply, stops: Sequence[str]) -> Reply:
    """Return a reply that ends before the first stop sequence; an empty one cannot be used."""
    if reply.error:
        return reply
    if text := cut(reply.text, stops):
        return replace(reply, text=text)
    return replace(reply, text="", error="empty: it began with a stop sequence", failure="empty")


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


def read_reply(
    message: BaseMessage, finish_reason: str | None = None, *, keep_reasoning: bool = False
) -> Reply:
    """Read one generated message.

    Args:
        message: What the model returned.
        finish_reason: From the generation, if the message does not carry it.
        keep_reasoning: Whether reasoning that is marked in the text stays there.
    """
    said = finish_reason if ending(finish_reason) else reason_in(message.response_metadata)
    reason = ending(said)
    text = well_formed(written_text(message)).strip(_BYTE_ORDER_MARK + " \t\r\n")
    text, thought = (text, "") if keep_reasoning else split_reasoning(text)
    parts = [well_formed(part).strip() for part in written_reasoning(message)]
    reasoning = "\n\n".join(dict.fromkeys(part for part in (*parts, thought) if part))
    if not text and (refusal := written_refusal(message)):
        return Reply(well_formed(refusal), reasoning, reason or "refusal")
    failure, error = _why_unusable(message, text, reasoning, reason, str(said).lower())
    return Reply(text, reasoning, reason, error, failure, message.response_metadata.get("logprobs"))


def _why_unusable(
    message: BaseMessage, text: str, reasoning: str, reason: str | None, said: str
) -> tuple[FailureKind | None, str | None]:
    calls = isinstance(message, AIMessage) and (message.tool_calls or message.invalid_tool_calls)
    called = bool(calls or message.additional_kwargs.get("function_call"))
    found: list[Fault] = [
        (called, "tool_call", "the model asked for a tool instead of answering"),
        (reason == "error", "failed", f"the server broke the reply off ({said})"),
    ]
    if not text:
        none: list[Fault] = [
            (reason in WITHHELD, "blocked", f"the provider withheld the answer ({said})"),
            (reason == "tool_calls", "tool_call", f"the model tried to call a tool ({said})"),
            (bool(reasoning), "empty", "the model only thought; raise max_tokens"),
            (reason == "length", "empty", "cut off before the first word; raise max_tokens"),
            (True, "empty", "the model returned no text"),
        ]
        found += none
    first = next((fault for fault in found if fault[0]), (False, None, ""))
    return first[1], f"{first[1]}: {first[2]}" if first[0] else None
