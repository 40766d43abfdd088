"""The first reply of a turn that offers tools: the policy is asked once, with its tools."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain_core.callbacks import Callbacks
from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.constants import TAG_NOSTREAM
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from ...core.context import Context
from ...core.json_types import JsonObject
from ...core.usage import Cost, add_costs, brief, cost
from ...models.budget import budget_left
from ...models.failures.failed_attempt import maybe_billed
from ...models.failures.faults import retrying
from ...models.policy import Policy
from ..inner_run.callbacks_and_saver import Saving, inner_context
from .call_settings import Keywords
from .offered_tool import as_given

Replied = tuple[AIMessage, Cost]
"""A reply, and what the attempts before it have cost."""
Ask = Callable[[], Awaitable[Replied]]


async def first_reply(
    *,
    policy: Policy,
    messages: Sequence[AnyMessage],
    context: Context,
    options: Keywords,
    callbacks: Callbacks,
    saving: Saving,
) -> Replied:
    """Ask the policy once, as it would be asked without TPO.

    Args:
        policy: The model to ask, with its own sampling settings, not those of the context.
        messages: The conversation.
        context: Timeout, retries, budget and stop sequences.
        options: `tools` and what belongs to them (`tool_choice`, ...).
        callbacks: The callbacks of the call around it.
        saving: Whether and how the saver of the graph around it saves the reply.

    Returns:
        The reply, unchanged; and what failed attempts have cost.
    """
    rest = dict(options)
    own = {name: value for name, value in policy.arguments.items() if name != "tools"}
    tools = [as_given(tool) for tool in rest.pop("tools", None) or []]
    bound = policy.model.bind_tools(tools, **rest) if tools else policy.model.bind(**rest)

    async def ask() -> Replied:
        stop = {"stop": list(context.stop_sequences)} if context.stop_sequences else {}
        config: RunnableConfig = {"tags": [TAG_NOSTREAM, "tpo"], "run_name": "first reply"}
        budget, reply, failed = budget_left(context, cost()), None, cost()
        budget.take()
        async for attempt in retrying(context.retries + 1, budget):
            with attempt:
                async with asyncio.timeout(budget.timeout(context.timeout)):
                    reply = await bound.ainvoke(list(messages), config, **{**own, **stop})
            if reply is None:
                exact = not maybe_billed(attempt.retry_state)
                failed = add_costs(failed, cost(requests=1, exact=exact))
        assert reply is not None  # the last attempt raises
        return reply, failed

    return await ask_saved(ask, key_of(messages), callbacks=callbacks, saving=saving)


def key_of(messages: Sequence[AnyMessage]) -> str:
    """Return a hash that differs for different conversations."""
    turns = repr([(message.type, message.content) for message in messages])
    return hashlib.sha256(turns.encode("utf-8", "replace")).hexdigest()


class _SavedReply(TypedDict, total=False):
    key: str
    reply: dict[str, AIMessage]
    """In a dict, because LangGraph streams a message that is in a channel by itself."""
    failed: JsonObject
    """What the attempts before it have cost, as `brief` gives it."""


async def ask_saved(
    ask: Ask, key: str, *, callbacks: Callbacks = None, saving: Saving = "own"
) -> Replied:
    """Ask for a message as the one node of a graph.

    Inside a node of a graph with a saver the message is saved: after a kill it is not asked for
    again.

    Args:
        ask: Returns the message, and what failed attempts have cost.
        key: The conversation that it answers. Only their order tells the calls that a node makes
            at the same time from each other; one that finds the message of another asks again.
        callbacks: The callbacks of the call around it.
        saving: Whether and how the message is saved.
    """

    async def reply(state: _SavedReply) -> _SavedReply:  # LangGraph's name
        message, failed = await ask()
        return {"reply": {"message": message}, "failed": brief(failed)}

    graph = StateGraph(_SavedReply)
    graph.add_node("first_reply", reply)
    graph.add_edge(START, "first_reply")
    graph.add_edge("first_reply", END)
    app: Any = graph.compile(checkpointer=False if saving == "none" else None, name="first_reply")
    asking = asyncio.create_task(
        app.ainvoke({"key": key}), context=inner_context(callbacks, saving)
    )
    try:
        found: _SavedReply = await asking
    finally:
        asking.cancel()
    if found.get("key") != key:
        return await ask_saved(ask, key, callbacks=callbacks, saving="none")
    return found["reply"]["message"], cost(**found.get("failed", {}))
