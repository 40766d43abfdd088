"""The first reply of a turn that has tools: the policy as it is, with the tools bound."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import Callbacks
from langchain_core.messages import AIMessage, AnyMessage
from langgraph.constants import TAG_NOSTREAM
from langgraph.graph import END, START, StateGraph
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from typing_extensions import TypedDict

from ...core.context import Context
from ...models.faults import is_transient, pause_before_retry
from ...models.policy import Policy
from ..inner_run.inherit import Saving, inner_context

Ask = Callable[[], Awaitable[AIMessage]]


async def first_reply(
    *,
    policy: Policy,
    messages: Sequence[AnyMessage],
    context: Context,
    options: Mapping[str, Any],
    callbacks: Callbacks,
    saving: Saving,
) -> AIMessage:
    """Ask the policy once, as it would be asked without us.

    Args:
        policy: Whom to ask. Its own sampling settings hold, not those of the context.
        messages: The conversation.
        context: Timeout, retries and stop sequences.
        options: `tools` and what belongs to them (`tool_choice`, ...).
        callbacks: Those of the call around it.
        saving: Whether, and how, a saver of the graph around it keeps the reply.

    Returns:
        The reply, untouched.
    """
    rest = dict(options)
    tools = rest.pop("tools", None)
    bound = policy.model.bind_tools(tools, **rest) if tools else policy.model.bind(**rest)

    async def ask() -> AIMessage:
        attempts = AsyncRetrying(
            stop=stop_after_attempt(context.retries + 1),
            retry=retry_if_exception(is_transient),
            wait=_wait,
            reraise=True,
        )
        stop = {"stop": list(context.stop_sequences)} if context.stop_sequences else {}
        config: Any = {"tags": [TAG_NOSTREAM, "tpo"], "run_name": "first reply"}
        async for attempt in attempts:
            with attempt:
                async with asyncio.timeout(context.timeout):
                    return await bound.ainvoke(list(messages), config, **stop)
        raise AssertionError  # the last attempt raises

    return await kept(ask, key_of(messages), callbacks=callbacks, saving=saving)


def key_of(messages: Sequence[AnyMessage]) -> str:
    """Return what tells a conversation from another."""
    said = repr([(message.type, message.content) for message in messages])
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _wait(state: RetryCallState) -> float:
    return pause_before_retry(
        state.outcome.exception() if state.outcome else None, state.attempt_number
    )


class _Kept(TypedDict, total=False):
    key: str
    reply: dict[str, AIMessage]
    """In a dict, because a message that stands in a channel by itself is streamed."""


async def kept(
    ask: Ask, key: str, *, callbacks: Callbacks = None, saving: Saving = "own"
) -> AIMessage:
    """Ask for a message as the one node of a graph.

    Inside a node of a graph with a saver it is saved: where a killed process is resumed, it
    is there and not asked for again.

    Args:
        ask: What brings the message.
        key: What it answers. Calls made at the same time in one node are told apart by their
            order only; one that finds its neighbour's message asks for its own.
        callbacks: Those of the call around it.
        saving: Whether, and how, it is to be saved.
    """

    async def reply(state: _Kept) -> _Kept:  # noqa: ARG001  LangGraph's name
        return {"reply": {"message": await ask()}}

    graph = StateGraph(_Kept)
    graph.add_node("first_reply", reply)
    graph.add_edge(START, "first_reply")
    graph.add_edge("first_reply", END)
    app: Any = graph.compile(checkpointer=False if saving == "none" else None, name="first_reply")
    asking = asyncio.create_task(
        app.ainvoke({"key": key}), context=inner_context(callbacks, saving)
    )
    try:
        found: _Kept = await asking
    finally:
        asking.cancel()
    if found["key"] != key:
        return await kept(ask, key, callbacks=callbacks, saving="none")
    return found["reply"]["message"]
