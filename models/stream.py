"""One streamed reply: its pieces, joined so that nothing is said twice, and its end."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import RunnableConfig

from ..core.finish_reason import ending, reason_in, worst
from ..core.json_types import JsonObject
from ..core.reply import Reply, read_reply
from ..core.usage import Cost
from .broken_reply import UnfinishedStreamError
from .reported_usage import usage_of_stream
from .request import OnText
from .request_cost import cost_of


async def stream_reply(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    config: RunnableConfig,
    on_text: OnText | None,
    *,
    keep_reasoning: bool = False,
) -> tuple[list[Reply], Cost]:
    """Have one text written piece by piece.

    Args:
        model: Whom to ask.
        messages: The prompt.
        config: What traces say of it.
        on_text: Takes the pieces as they come.
        keep_reasoning: Whether reasoning that is marked in the text stays there.

    Raises:
        UnfinishedStreamError: the stream held no piece, or broke off without an end.
    """
    chunks: list[AIMessageChunk] = []
    try:
        async for chunk in model.astream(list(messages), config):
            chunks.append(chunk)
            if on_text and chunk.text:
                on_text(chunk.text)
    except ValueError:  # LangChain's word for: no chunk came
        if chunks:
            raise
        raise UnfinishedStreamError("the stream held no piece of a reply") from None
    if not chunks:
        return [], cost_of(None, [])
    reply = read_reply(joined(chunks), keep_reasoning=keep_reasoning)
    return [reply], cost_of(usage_of_stream(chunks), [reply])


def joined(chunks: Sequence[AIMessageChunk]) -> AIMessage:
    """Return the pieces of a reply as one message.

    LangChain adds up whatever the pieces say of the reply, which doubles what a server says
    twice (`lengthlength`), adds up totals, and fails where it cannot add.

    Raises:
        UnfinishedStreamError: no piece says how the reply ended, although the provider's do.
    """
    about: JsonObject = {}
    logprobs: list[object] = []
    for chunk in chunks:
        said = {k: v for k, v in chunk.response_metadata.items() if v is not None}
        if isinstance(said.get("logprobs"), dict):
            logprobs += said.pop("logprobs").get("content") or []
        about |= said
    reasons = [reason_in(chunk.response_metadata) for chunk in chunks]
    reason = worst(ending(one) for one in reasons)
    if reason is None and about.get("model_provider") and not any(c.tool_calls for c in chunks):
        raise UnfinishedStreamError(
            "the stream broke off: no word of why the reply ended, so it may be half of one"
        )
    last = [one for one in reasons if ending(one) == reason and reason]
    about |= {"finish_reason": last[-1]} if last else {}
    about |= {"logprobs": {"content": logprobs}} if logprobs else {}
    bare: JsonObject = {"response_metadata": {}, "usage_metadata": None}
    first, *rest = [chunk.model_copy(update=bare) for chunk in chunks]
    whole = first + rest if rest else first
    return whole.model_copy(update={"response_metadata": about})
