"""One streamed reply: its pieces, joined so that nothing is said twice, and its end."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import RunnableConfig

from ...core.json_types import JsonObject
from ...core.replies.finish_reason import ending, reason_in, worst
from ...core.replies.reply import Reply, read_reply
from ...core.usage import Cost
from ..failures.broken_reply import UnfinishedStreamError
from ..reported_usage import counted_in_stream
from ..request import OnText, Request
from ..request_cost import cost_of
from .stream_end import ends

NO_CHUNKS = "No generation chunks"  # LangChain's word for an empty stream


async def stream_reply(
    model: BaseChatModel, request: Request, config: RunnableConfig, on_text: OnText | None
) -> tuple[list[Reply], Cost]:
    """Have one text written piece by piece.

    Args:
        model: Whom to ask.
        request: What to ask.
        config: What traces say of it.
        on_text: Takes the pieces as they come.

    Raises:
        UnfinishedStreamError: the stream held no piece, or broke off before its end.
    """
    chunks, ended = list[AIMessageChunk](), list[bool]()
    ends.set(ended)
    try:
        pieces = model.astream(list(request.messages), config, **request.policy.arguments)
        async for chunk in pieces:
            chunks.append(chunk)
            if on_text and chunk.text:
                on_text(chunk.text)
    except ValueError as error:
        if chunks or NO_CHUNKS not in str(error):
            raise
        raise UnfinishedStreamError("the stream held no piece of a reply") from None
    if not chunks:
        return [], cost_of(None, [])
    reply = read_reply(joined(chunks, ended=bool(ended)), keep_reasoning=request.keep_reasoning)
    return [reply], cost_of(counted_in_stream(chunks), [reply])


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
            "the stream broke off: no word of why the reply ended, so it may be half of one"
        )
    about |= {"finish_reason": reasons[reason]} if reason else {}
    about |= {"logprobs": {"content": logprobs}} if logprobs else {}
    bare: JsonObject = {"response_metadata": {}, "usage_metadata": None}
    first, *rest = [chunk.model_copy(update=bare) for chunk in chunks]
    whole = first + rest if rest else first
    return whole.model_copy(update={"response_metadata": about})
