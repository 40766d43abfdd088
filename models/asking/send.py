"""One attempt: the request goes to the model once, and its reply is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatGeneration
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.runnables import RunnableConfig, ensure_config
from langgraph.constants import TAG_NOSTREAM

from ...core.json_types import JsonObject
from ...core.replies.reply import Reply, read_reply
from ...core.usage import Cost
from ..failures.broken_reply import BrokenReplyError, NoReplyError, not_json
from ..reported_usage import counted_by
from ..request import OnText, Request
from ..request_cost import cost_of, price_of
from ..tolerant import tolerant
from .configure import configure, streamed
from .name_the_model import named
from .set_apart import set_apart
from .stream import stream_reply


async def send(
    request: Request, refused: frozenset[str], on_text: OnText | None
) -> tuple[list[Reply], Cost]:
    """Send a request once.

    Args:
        request: What to ask.
        refused: Parameters to leave out.
        on_text: Takes the pieces of a live text as they come.

    Returns:
        The texts, and what they cost.

    Raises:
        BrokenReplyError: the server answered with something else than a whole reply.
    """
    model = set_apart(tolerant(configure(request, refused)), request.policy.model)
    traced = RunnableConfig(
        tags=[TAG_NOSTREAM, "tpo"], run_name=request.label, metadata=request.metadata
    )
    try:
        if request.schema and not request.json_by_body:
            return await send_structured(model, request, request.schema, traced)
        if not streamed(request, refused):
            return await send_whole(model, request, traced)
        replies, price = await stream_reply(model, request, traced, on_text)
    except json.JSONDecodeError as error:
        raise not_json(error.doc) from error
    return usable(replies), price


async def send_structured(
    model: BaseChatModel, request: Request, schema: JsonObject, traced: RunnableConfig
) -> tuple[list[Reply], Cost]:
    """Have one text written in a form that the client library asks for in its own way."""
    chain = model.with_structured_output(schema, include_raw=True)
    arguments = request.policy.arguments
    result: Any = await chain.ainvoke(list(request.messages), traced, **arguments)
    raw, parsed = result["raw"], result["parsed"]
    reply = read_reply(raw)
    if parsed is not None:
        as_json = json.dumps(parsed, ensure_ascii=False)
        reply = replace(reply, text=as_json, error=None, failure=None)
    return [reply], price_of(raw, [reply])


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
