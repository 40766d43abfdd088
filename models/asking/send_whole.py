"""A request whose texts come whole, one or several."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatGeneration
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.runnables import RunnableConfig, ensure_config

from ...core.replies.reply import Reply, read_reply
from ...core.usage import Cost
from ..failures.broken_reply import BrokenReplyError, NoReplyError
from ..reported_usage import counted_by
from ..request import Request
from ..request_cost import cost_of
from .name_the_model import named


async def send_whole(
    model: BaseChatModel, request: Request, traced: RunnableConfig
) -> tuple[list[Reply], Cost]:
    """Have whole texts written, one or several."""
    config, keep = ensure_config(traced), request.keep_reasoning
    result = await model.agenerate_prompt(
        [ChatPromptValue(messages=list(request.messages))],
        callbacks=named(config.get("callbacks")),
        tags=config["tags"],
        metadata=config["metadata"],
        run_name=request.label,
        **request.policy.arguments,
    )
    came = [g for g in result.generations[0] if isinstance(g, ChatGeneration)]
    reasons = [(g.generation_info or {}).get("finish_reason") for g in came]
    pairs = zip(came, reasons, strict=True)
    replies = [read_reply(g.message, why, keep_reasoning=keep) for g, why in pairs]
    more = result.llm_output or {}
    counted = counted_by([g.message for g in came], more)
    return usable(replies), cost_of(counted, replies, more.get("system_fingerprint") or "")


def usable(replies: list[Reply]) -> list[Reply]:
    """Return the replies, some of which can be used.

    Raises:
        NoReplyError: there is none at all.
        BrokenReplyError: the server broke off all of them.
    """
    if not replies:
        raise NoReplyError("the server returned no text at all")
    if all(reply.finish_reason == "error" for reply in replies):
        raise BrokenReplyError(replies[0].error or "the server broke the reply off")
    return replies
