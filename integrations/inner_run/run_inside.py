"""Run TPO inside a node or a chain, and follow its state step by step."""

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
from ...core.given_messages import as_meant
from ...core.json_types import JsonObject
from ...core.state import InputState, State
from ...graphs.loop import MAX_STEPS, TPOGraph
from .callbacks_and_saver import Saving, inner_context


@dataclass(frozen=True)
class InnerRun:
    """A run of TPO inside a node or a chain, or by itself.

    Attributes:
        graph: What to run.
        messages: The conversation.
        context: The settings.
        drafts: Answers that exist already.
        callbacks: They replace the ones that are active; `None` leaves those.
        saving: Whether and how the saver of the graph around it saves this run too.
    """

    graph: TPOGraph
    messages: Sequence[AnyMessage]
    context: Context
    drafts: Sequence[str] = ()
    callbacks: Callbacks = None
    saving: Saving = "own"


class _OtherRunError(Exception):
    """The saver holds another conversation in this place."""


async def states_of(run: InnerRun) -> AsyncGenerator[State]:
    """Run to the end.

    Inside a node of a graph with a saver the run is saved with that graph: after a kill it goes
    on, and no finished request is sent again. Its events are on the `custom` stream of the graph
    around it, as those of a subgraph.

    Yields:
        The state after every step; the last one is that of the finished run.

    Raises:
        TPOError: see `tpo.core.errors`; its `partial` holds what was paid for so far.
        ConfigError: `human_pick` is set, and no person can be asked here.
    """
    saver = (ensure_config().get("configurable") or {}).get(CONFIG_KEY_CHECKPOINTER)
    if run.context.human_pick and (run.saving == "none" or not saver):
        raise ConfigError(
            "human_pick pauses the run for an answer, and here nobody can give one: use it in a "
            "node of a graph that is compiled with a checkpointer"
        )
    run = replace(run, messages=as_meant(run.messages))
    try:
        async with aclosing(_states(run)) as parts:
            async for part in parts:
                yield part
    except _OtherRunError:
        # Only their order tells the calls that a node makes at the same time from each other.
        # If they are resumed in another order, one may find the saved run of another.
        async with aclosing(_states(replace(run, saving="none"))) as parts:
            async for part in parts:
                yield part


async def _states(run: InnerRun) -> AsyncGenerator[State]:
    states: asyncio.Queue[JsonObject | None] = asyncio.Queue()
    state: JsonObject = {}
    # A task has its own context, and ends as soon as the generator is left.
    work = asyncio.create_task(_run(run, states), context=inner_context(run.callbacks, run.saving))
    work.add_done_callback(lambda _: states.put_nowait(None))
    try:
        while found := await states.get():
            state = found
            yield cast("State", state)
        await work
    except TPOError as error:
        error.partial = {**state, **(error.partial or {})}
        raise
    finally:
        work.cancel()
        await asyncio.wait([work])


async def _run(run: InnerRun, states: asyncio.Queue[JsonObject | None]) -> None:
    app: Any = run.graph.compile(checkpointer=False if run.saving == "none" else None, name="tpo")
    config: RunnableConfig = {"recursion_limit": MAX_STEPS}
    given: InputState = {"messages": list(run.messages), "drafts": list(run.drafts)}
    found: JsonObject = {}
    async with aclosing(
        # Without `custom`: events that are read here would not reach the graph around it.
        app.astream(given, config, context=run.context, stream_mode="values", version="v2")
    ) as stream:
        async for part in stream:
            # At first a resumed run may have none: only its input is saved.
            if messages := part["data"].get("messages"):
                found = part["data"]
                if _told(messages) != _told(run.messages):
                    raise _OtherRunError
                states.put_nowait(found)
    if not found:  # what is saved here is the first reply of another call, not a run
        raise _OtherRunError


def _told(messages: Sequence[AnyMessage]) -> list[object]:
    return [(message.type, message.content) for message in messages]
