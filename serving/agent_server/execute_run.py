"""One run of a graph on a thread: where it starts, and the events it sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.errors import EmptyInputError
from langgraph.types import Command

from ...core.errors import InputError, TPOError
from ...core.json_types import JsonObject
from ...graphs.thread import lacks_last_checkpoint, with_last_checkpoint
from ..operations.run_record import COUNTED, RunRecord
from ..served_models import App, ServedModel
from .check_edit import check_edit
from .check_update import check_update
from .joined_messages import JoinedMessages
from .live_run import LiveRun
from .read_state import cost_before, saved_checkpoint, state_at, unreadable, values_at
from .records import Run, at_checkpoint, thread_config
from .state_json import checkpoint_event, debug_event


def run_config(run: Run) -> RunnableConfig:
    """Return the config of a run; its id in the metadata marks its checkpoints."""
    given = run["kwargs"]["config"]
    config: RunnableConfig = {
        **thread_config(run),
        "metadata": {**run["metadata"], "run_id": run["run_id"], "thread_id": run["thread_id"]},
        "tags": [str(tag) for tag in given.get("tags") or []],
    }
    if isinstance(limit := given.get("recursion_limit"), int):
        config["recursion_limit"] = limit
    return config


async def run_on_thread(app: App, served: ServedModel, live: LiveRun, record: RunRecord) -> None:
    """Run to the end, a pause or an error, and send every event.

    A run that saved something before a restart continues from there. A run that is cancelled
    ends at its next step if the call it waited for ignored the cancellation.
    """
    run, kwargs = live.run, live.run["kwargs"]
    live.send("metadata", {"run_id": run["run_id"], "attempt": run["life"]})
    config = run_config(run)
    saved = await saved_checkpoint(app, config)
    resumed = saved is not None and saved.metadata.get("run_id") == run["run_id"]
    given = None if resumed else await _graph_input(app, config, kwargs)
    if not resumed and (checkpoint_id := kwargs["checkpoint_id"]):
        await _branch_off(app, config, checkpoint_id, saved.config if saved else config)
    modes = {"messages" if m == "messages-tuple" else m for m in kwargs["stream_mode"]}
    goes_on = not given or (isinstance(given, Command) and not given.update)
    before = await cost_before(app, config) if goes_on else None
    stream = app.astream(
        given,
        config,
        context=record.account.bounded(served.context(**kwargs["context"]), before),
        stream_mode=cast("Any", sorted({*modes, *COUNTED})),
        subgraphs=kwargs["stream_subgraphs"],
        durability=kwargs["durability"],
        control=live.control,
        interrupt_before=kwargs["interrupt_before"],
        interrupt_after=kwargs["interrupt_after"],
    )
    try:
        await _send_events(counted(stream, live, record), live)
    except TPOError:
        raise
    except Exception as error:
        if await values_at(app, config) is None:
            raise InputError(unreadable(error)) from error
        raise


async def counted(
    stream: AsyncIterator[Any], live: LiveRun, record: RunRecord
) -> AsyncGenerator[Any]:
    """Yield the parts of a stream that were asked for, and count what they say was paid for."""
    unwanted = COUNTED.keys() - set(live.run["kwargs"]["stream_mode"])
    async with aclosing(cast("Any", stream)) as parts:
        async for part in parts:
            if take := COUNTED.get(part[-2]):
                take(record, part[-1])
            if part[-2] not in unwanted:
                yield part


async def _send_events(stream: AsyncGenerator[Any], live: LiveRun) -> None:
    joined = None if "messages-tuple" in live.run["kwargs"]["stream_mode"] else JoinedMessages(live)
    shapes = {"debug": debug_event, "checkpoints": checkpoint_event}
    task = asyncio.current_task()
    try:
        async with aclosing(stream) as parts:
            async for part in parts:
                if task and task.cancelling():
                    raise asyncio.CancelledError
                *namespace, mode, chunk = part
                if mode == "messages" and joined:
                    joined.send(*chunk)
                else:
                    name = "|".join([mode, *(namespace[0] if namespace else ())])
                    live.send(name, shapes[mode](chunk) if mode in shapes else chunk)
    except EmptyInputError:
        message = "there is nothing to do: give input, with messages, or go on with a paused run"
        raise InputError(message) from None


async def _graph_input(app: App, config: RunnableConfig, kwargs: JsonObject) -> Any:
    """Return the input of a run, after a check that the thread can take it.

    The check comes only now, because earlier runs of the thread have ended now.
    """
    command, checkpoint_id = kwargs["command"], kwargs["checkpoint_id"]
    start = at_checkpoint(config, checkpoint_id) if checkpoint_id else config
    update = command.get("update") if command else kwargs["input"]
    if update:
        state = await state_at(app, start)
        check = check_edit if command else check_update
        check(app, state.values if state else {}, update)
        if state and not checkpoint_id and lacks_last_checkpoint(state):
            # Not as this run: LangGraph would take its input for one that is there already.
            await with_last_checkpoint(app, {"configurable": config["configurable"]})
    if command:
        return Command(resume=command.get("resume"), update=update)
    return kwargs["input"]


async def _branch_off(
    app: App, config: RunnableConfig, checkpoint_id: str, head: RunnableConfig
) -> None:
    """Make a checkpoint the latest of its thread, by a copy if it is not.

    To LangGraph, a run that starts from a named checkpoint is a replay: it uses no saved result,
    so a killed run would pay twice. A run that starts from the latest one uses what is saved.
    """
    if head["configurable"].get("checkpoint_id") == checkpoint_id:
        return
    named = at_checkpoint(config, checkpoint_id)
    if await saved_checkpoint(app, named) is None:
        raise InputError(
            f"there is no checkpoint {checkpoint_id!r} in this thread; see its history"
        )
    await app.aupdate_state(named, None, as_node="__copy__")
