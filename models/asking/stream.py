"""One streamed reply, from its first piece to its end."""

from __future__ import annotations

import asyncio

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig

from ...core.replies.reply import Reply, read_reply
from ...core.usage import Cost
from ..failures.broken_reply import UnfinishedStreamError
from ..reported_usage import counted_in_stream
from ..request import OnText, Request
from ..request_cost import cost_of
from .join_pieces import joined
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
                await asyncio.sleep(0)  # pieces that wait already would keep all others waiting
    except ValueError as error:
        if chunks or NO_CHUNKS not in str(error):
            raise
        raise UnfinishedStreamError("the stream held no piece of a reply") from None
    if not chunks:
        return [], cost_of(None, [])
    reply = read_reply(joined(chunks, ended=bool(ended)), keep_reasoning=request.keep_reasoning)
    return [reply], cost_of(counted_in_stream(chunks), [reply])
