"""One attempt: the request goes to the model once, and its reply is read."""

from __future__ import annotations

import json
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGeneration
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.runnables import RunnableConfig, ensure_config
from langgraph.constants import TAG_NOSTREAM

from ..core.reply import Reply, read_reply
from ..core.usage import Cost
from .configure import configure
from .request import OnText, Request
from .request_cost import price_of
from .set_apart import set_apart


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
    """
    model = set_apart(configure(request, refused), request.policy.model)
    messages = list(request.messages)
    traced = RunnableConfig(
        tags=[TAG_NOSTREAM, "tpo"], run_name=request.label, metadata=request.metadata
    )
    if request.schema and not request.json_by_body:
        chain = model.with_structured_output(request.schema, include_raw=True)
        result: Any = await chain.ainvoke(messages, traced)
        raw, parsed = result["raw"], result["parsed"]
        as_json = None if parsed is None else json.dumps(parsed, ensure_ascii=False)
        replies = [read_reply(raw) if as_json is None else Reply(as_json)]
        return replies, price_of(raw, replies)
    if not request.live or request.n > 1:
        return await _send_whole(model, request, traced)
    whole: AIMessageChunk | None = None
    async for chunk in model.astream(messages, traced):
        whole = chunk if whole is None else whole + chunk
        if on_text and chunk.text:
            on_text(chunk.text)
    replies = [read_reply(whole)] if whole is not None else []
    return replies, price_of(whole, replies)


async def _send_whole(
    model: BaseChatModel, request: Request, traced: RunnableConfig
) -> tuple[list[Reply], Cost]:
    """Have whole texts written, one or several."""
    config = ensure_config(traced)
    result = await model.agenerate_prompt(
        [ChatPromptValue(messages=list(request.messages))],
        callbacks=config.get("callbacks"),
        tags=config["tags"],
        metadata=config["metadata"],
        run_name=request.label,
    )
    generations = [g for g in result.generations[0] if isinstance(g, ChatGeneration)]
    replies = [
        read_reply(g.message, (g.generation_info or {}).get("finish_reason")) for g in generations
    ]
    first = generations[0].message if generations else None
    signature = (result.llm_output or {}).get("system_fingerprint") or ""
    return replies, price_of(first, replies, signature)
