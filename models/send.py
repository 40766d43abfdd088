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

from ..core.reply import Reply, read_reply
from ..core.usage import Cost
from .broken_reply import BrokenReplyError, NoReplyError, not_json
from .configure import configure, streamed
from .name_the_model import named
from .reported_usage import usage_of
from .request import OnText, Request
from .request_cost import cost_of, price_of
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
    try:
        return await _send(request, refused, on_text)
    except json.JSONDecodeError as error:
        raise not_json(error.doc) from error


async def _send(
    request: Request, refused: frozenset[str], on_text: OnText | None
) -> tuple[list[Reply], Cost]:
    model, messages = configure(request, refused), list(request.messages)
    traced = RunnableConfig(
        tags=[TAG_NOSTREAM, "tpo"], run_name=request.label, metadata=request.metadata
    )
    if request.schema and not request.json_by_body:
        chain = model.with_structured_output(request.schema, include_raw=True)
        result: Any = await chain.ainvoke(messages, traced)
        raw, parsed = result["raw"], result["parsed"]
        as_json = None if parsed is None else json.dumps(parsed, ensure_ascii=False)
        reply = read_reply(raw)
        if as_json is not None:
            reply = replace(reply, text=as_json, error=None, failure=None)
        replies = [reply]
        return replies, price_of(raw, replies)
    if not streamed(request, refused):
        return await _send_whole(model, request, traced)
    keep = request.keep_reasoning
    replies, price = await stream_reply(model, messages, traced, on_text, keep_reasoning=keep)
    return whole_ones(replies), price


async def _send_whole(
    model: BaseChatModel, request: Request, traced: RunnableConfig
) -> tuple[list[Reply], Cost]:
    """Have whole texts written, one or several."""
    config = ensure_config(traced)
    result = await model.agenerate_prompt(
        [ChatPromptValue(messages=list(request.messages))],
        callbacks=named(config.get("callbacks")),
        tags=config["tags"],
        metadata=config["metadata"],
        run_name=request.label,
    )
    generations = [g for g in result.generations[0] if isinstance(g, ChatGeneration)]
    replies = [
        read_reply(
            g.message,
            (g.generation_info or {}).get("finish_reason"),
            keep_reasoning=request.keep_reasoning,
        )
        for g in generations
    ]
    more = result.llm_output or {}
    counted = usage_of([g.message for g in generations], more)
    signature = more.get("system_fingerprint") or ""
    return whole_ones(replies), cost_of(counted, replies, signature)


def whole_ones(replies: list[Reply]) -> list[Reply]:
    """Return the replies that the server did not break off.

    Raises:
        NoReplyError: there is none at all.
        BrokenReplyError: it broke off all of them.
    """
    if not replies:
        raise NoReplyError("the server returned no text at all")
    whole = [reply for reply in replies if reply.finish_reason != "error"]
    if not whole:
        raise BrokenReplyError(replies[0].error or "the server broke the reply off")
    return whole
