"""One run on a thread: from where it starts, and the events it sends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, cast

from langchain_core.messages import BaseMessage, BaseMessageChunk
from langchain_core.runnables import RunnableConfig
from langgraph.errors import EmptyInputError
from langgraph.types import Command

from ...core.errors import InputError, TPOError
from ..catalogue import App, Served
from .fits import check_fit, saved_checkpoint, unreadable, values_at
from .live import LiveRun
from .records import Run, at_checkpoint, place_of
from .wire import debug_of, saved_of


def config_of(run: Run) -> RunnableConfig:
    """Return the config of a run; its id in the metadata marks its checkpoints."""
    given = run["kwargs"]["config"]
    config: RunnableConfig = {
        **place_of(run),
        "metadata": {**run["metadata"], "run_id": run["run_id"], "thread_id": run["thread_id"]},
        "tags": [str(tag) for tag in given.get("tags") or []],
    }
    if isinstance(limit := given.get("recursion_limit"), int):
        config["recursion_limit"] = limit
    return config


async def execute(app: App, served: Served, live: LiveRun) -> None:
    """Run to the end, a pause or an error, and tell every event.

    A run that saved something before a restart goes on from there. One that is cancelled
    ends at its next step if what it was waiting for has swallowed the cancellation.
    """
    run, kwargs = live.run, live.run["kwargs"]
    live.tell("metadata", {"run_id": run["run_id"], "attempt": run["life"]})
    config = config_of(run)
    saved = await saved_checkpoint(app, config)
    begun = saved is not None and saved.metadata.get("run_id") == run["run_id"]
    given: Any = None if begun else await _given(app, config, kwargs)
    if not begun and (place := kwargs["checkpoint_id"]):
        await _branch_off(app, config, place, saved.config if saved else config)
    wanted = kwargs["stream_mode"]
    modes = {"messages" if mode == "messages-tuple" else mode for mode in wanted}
    told = _Messages(live) if "messages-tuple" not in wanted else None
    stream = cast(
        "Any",
        app.astream(
            given,
            config,
            context=served.context(**kwargs["context"]),
            stream_mode=cast("Any", sorted(modes)),
            subgraphs=kwargs["stream_subgraphs"],
            durability=kwargs["durability"],
            control=live.control,
            interrupt_before=kwargs["interrupt_before"],
            interrupt_after=kwargs["interrupt_after"],
        ),
    )
    try:
        await _listen(stream, live, told)
    except TPOError:
        raise
    except Exception as error:
        if await values_at(app, config) is None:
            raise InputError(unreadable(error)) from error
        raise


async def _listen(stream: Any, live: LiveRun, told: _Messages | None) -> None:
    task = asyncio.current_task()
    try:
        async with aclosing(stream) as parts:
            async for part in parts:
                if task and task.cancelling():
                    raise asyncio.CancelledError
                *ns, mode, chunk = part
                _tell(live, ns[0] if ns else (), mode, chunk, told)
    except EmptyInputError:
        said = "there is nothing to do: give input, with messages, or go on with a paused run"
        raise InputError(said) from None


async def _given(app: App, config: RunnableConfig, kwargs: Mapping[str, Any]) -> Any:
    """Return what a run is given, once the thread can take it: runs before it are over now."""
    command, place = kwargs["command"], kwargs["checkpoint_id"]
    there = at_checkpoint(config, place) if place else config
    written = command.get("update") if command else kwargs["input"]
    if written:
        check_fit(app, await values_at(app, there) or {}, written)
    if command:
        return Command(resume=command.get("resume"), update=written)
    return kwargs["input"]


async def _branch_off(app: App, config: RunnableConfig, place: str, head: RunnableConfig) -> None:
    """Make a checkpoint the thread's present one, by a copy of it where it is not.

    Going on from a named checkpoint is a replay to LangGraph: it takes no saved result, so a
    killed run would pay twice. From the present one, it takes what is saved.
    """
    if head["configurable"].get("checkpoint_id") == place:
        return
    there = at_checkpoint(config, place)
    if await saved_checkpoint(app, there) is None:
        raise InputError(f"there is no checkpoint {place!r} in this thread; see its history")
    await app.aupdate_state(there, None, as_node="__copy__")


def _tell(
    live: LiveRun,
    ns: tuple[str, ...],
    mode: str,
    chunk: Any,
    messages: _Messages | None,
) -> None:
    name = "|".join([mode, *ns])
    if mode == "messages":
        if messages:
            messages.tell(*chunk)
        else:
            live.tell(name, chunk)
    else:
        shape = {"debug": debug_of, "checkpoints": saved_of}.get(mode)
        live.tell(name, shape(chunk) if shape else chunk)


class _Messages:
    """The older form of the messages stream: the message so far, again and again."""

    def __init__(self, live: LiveRun) -> None:
        self.live = live
        self.known: dict[str | None, BaseMessage] = {}

    def tell(self, message: BaseMessage, about: dict[str, Any]) -> None:
        if message.id not in self.known:
            self.known[message.id] = message
            self.live.tell("messages/metadata", {message.id: {"metadata": about}})
        else:
            self.known[message.id] = cast("Any", self.known[message.id]) + message
        whole = not isinstance(message, BaseMessageChunk)
        name = "messages/complete" if whole else "messages/partial"
        self.live.tell(name, [self.known[message.id]])
