"""One attempt: the request goes to the model once, and its reply is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.constants import TAG_NOSTREAM

from ...core.json_types import JsonObject
from ...core.replies.reply import Reply, read_reply
from ...core.usage import Cost
from ..failures.broken_reply import not_json
from ..request import OnText, Request
from ..request_cost import price_of
from ..tolerant import tolerant
from .configure import configure, streamed
from .send_whole import send_whole, usable
from .set_apart import set_apart
from .stream import stream_reply
from .stream_several import stream_several


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
        if request.n > 1:
            return await stream_several(model, request, traced, on_text)
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
