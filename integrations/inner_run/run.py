"""Run the graph inside somebody else's call, and watch its state grow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast

from langchain_core.callbacks import Callbacks
from langchain_core.messages import AnyMessage
from langchain_core.runnables import RunnableConfig, ensure_config
from langgraph.constants import CONFIG_KEY_CHECKPOINTER

from ...core.context import Context
from ...core.errors import ConfigError, TPOError
from ...core.state import State
from ...graphs.loop import MOST_STEPS, TPOGraph
from .inherit import Saving, inner_context


@dataclass(frozen=True)
class Inner:
    """A run of the graph inside a node, a chain or nothing.

    Attributes:
        graph: What to run.
        messages: The conversation.
        context: The settings.
        drafts: Answers that exist already.
        callbacks: Those of the call around it, in place of the ones that are active; `None`
            leaves these.
        saving: Whether, and how, a saver of the graph around it keeps the run too.
    """

    graph: TPOGraph
    messages: Sequence[AnyMessage]
    context: Context
    drafts: Sequence[str] = ()
    callbacks: Callbacks = None
    saving: Saving = "own"


class _OtherRunError(Exception):
    """The saver holds another conversation in this place."""


async def play(run: Inner) -> AsyncGenerator[State]:
    """Run to the end.

    Inside a node of a graph with a saver the run is saved as a part of it: where a killed
    process is resumed, it goes on, and nothing finished is asked again.

    Its events go where the graph around it writes its own: to the `custom` stream, of a subgraph.

    Yields:
        The state after every step; the last one is that of the finished run.

    Raises:
        TPOError: see `tpo.core.errors`; its `partial` holds what was paid for so far.
        ConfigError: a person is to be asked, where nobody can be.
    """
    if run.context.human_pick and (run.saving == "none" or not _saver()):
        raise ConfigError(
            "human_pick pauses the run for an answer, and here nobody can give one: use it in a "
            "node of a graph that is compiled with a checkpointer"
        )
    try:
        async with aclosing(_play(run)) as parts:
            async for part in parts:
                yield part
    except _OtherRunError:
        # Calls made at the same time in one node are told apart by their order only, and
        # resumed in another order one may find the run of its neighbour.
        async with aclosing(_play(replace(run, saving="none"))) as parts:
            async for part in parts:
                yield part


async def _play(run: Inner) -> AsyncGenerator[State]:
    parts: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    state: dict[str, Any] = {}
    # A task of its own, with a context of its own; and leaving the generator ends it at once.
    working = asyncio.create_task(
        _work(run, parts), context=inner_context(run.callbacks, run.saving)
    )
    working.add_done_callback(lambda _: parts.put_nowait(None))
    try:
        while part := await parts.get():
            if not _answers(run, state := part["data"]):
                raise _OtherRunError
            yield cast("State", state)
        await working
    except TPOError as error:
        error.partial = {**state, **(error.partial or {})}
        raise
    finally:
        working.cancel()
        await asyncio.wait([working])


async def _work(run: Inner, parts: asyncio.Queue[dict[str, Any] | None]) -> None:
    app: Any = run.graph.compile(checkpointer=False if run.saving == "none" else None, name="tpo")
    config: RunnableConfig = {"recursion_limit": MOST_STEPS}
    given = {"messages": list(run.messages), "drafts": list(run.drafts)}
    async with aclosing(
        # Not `custom` too: events asked for here would not reach the graph around it.
        app.astream(given, config, context=run.context, stream_mode="values", version="v2")
    ) as stream:
        async for part in stream:
            parts.put_nowait(part)


def _saver() -> Any:
    """Return the saver of the graph around this call, if there is one."""
    return (ensure_config().get("configurable") or {}).get(CONFIG_KEY_CHECKPOINTER)


def _answers(run: Inner, state: dict[str, Any]) -> bool:
    """Tell whether a state is of this conversation."""
    found = state.get("messages") or []
    return [(m.type, m.content) for m in found] == [(m.type, m.content) for m in run.messages]
