"""The pieces of a streamed reply, joined so that nothing is said twice."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, AIMessageChunk

from ...core.json_types import JsonObject
from ...core.replies.finish_reason import ending, reason_in, worst
from ..failures.broken_reply import UnfinishedStreamError


def joined(chunks: Sequence[AIMessageChunk], *, ended: bool = False) -> AIMessage:
    """Return the pieces of a reply as one message.

    LangChain adds up whatever the pieces say of the reply, which doubles what a server says
    twice (`lengthlength`), adds up totals, and fails where it cannot add.

    Args:
        chunks: The pieces.
        ended: Whether the stream itself said that it is complete.

    Raises:
        UnfinishedStreamError: no piece says how the reply ended, although the provider's do.
    """
    about, logprobs = JsonObject(), list[object]()
    for chunk in chunks:
        said = {k: v for k, v in chunk.response_metadata.items() if v is not None}
        if isinstance(said.get("logprobs"), dict):
            logprobs += said.pop("logprobs").get("content") or []
        about |= said
    reasons = {ending(said): said for said in (reason_in(c.response_metadata) for c in chunks)}
    reason = worst(reasons)
    sure = ended or reason or any(chunk.tool_calls for chunk in chunks)
    if about.get("model_provider") and not sure:
        raise UnfinishedStreamError(
            "the stream broke off without saying why the reply ended: it may be incomplete"
        )
    about |= {"finish_reason": reasons[reason]} if reason else {}
    about |= {"logprobs": {"content": logprobs}} if logprobs else {}
    bare: JsonObject = {"response_metadata": {}, "usage_metadata": None}
    first, *rest = [chunk.model_copy(update=bare) for chunk in chunks]
    whole = first + rest if rest else first
    return whole.model_copy(update={"response_metadata": about})
