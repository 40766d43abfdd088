"""Run the graph on a saved run until it ends, is interrupted, or waits for a person."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

from langgraph.types import Command, StateSnapshot

from ..core.conversation import read_conversation
from ..core.events import AnyEvent
from ..core.state import InputState
from .console import say
from .input.human_pick import ask_person
from .interrupted import Interrupted, remember_run
from .output_mode import OutputMode
from .report.result import print_result, result_of
from .saved.saved_run import SavedRun
from .screen.run_view import new_view, saved_view

WAITING = 3  # exit code: a person is to choose
CHOOSE = (
    "waiting for a person to choose; see the answers with `tpo show {id}`, "
    "then: tpo resume {id} --pick r0c0 [--reject r0c1] [--stop]"
)
Input = InputState | Command[Any] | None


async def run_graph(run: SavedRun, given: Input, output: OutputMode) -> int:
    """Run until the end, and return the exit code.

    Args:
        run: The run.
        given: Its input; `None` to go on; a `Command` with a person's choice.
        output: How to show it.

    Raises:
        TPOError: it failed; what was paid for is saved.
        Interrupted: Ctrl-C stopped it; what was paid for is saved.
    """
    while True:
        try:
            await _stream(run, given, output)
        except (asyncio.CancelledError, BrokenPipeError):  # or whoever reads us has left
            raise Interrupted(await _id_if_saved(run)) from None
        except Exception as error:
            remember_run(error, await _id_if_saved(run), paid=await paid_for(run, error))
            raise
        state = await run.state()
        if not state.interrupts:
            return print_end(run, state, output)
        pick = ask_person(state) if output.asks else None
        if pick is None:
            if output.json:
                print_end(run, state, output)
            say(CHOOSE.format(id=run.id))
            return WAITING
        given = Command(resume={state.interrupts[0].id: pick})


def print_end(run: SavedRun, state: StateSnapshot, output: OutputMode) -> int:
    """Print the result in the form asked for; return the exit code."""
    if output.json:
        print(json.dumps(result_of(run, state), ensure_ascii=False))
    elif not output.events:
        print_result(run, state, output.talks)
    return 0


async def _stream(run: SavedRun, given: Input, output: OutputMode) -> None:
    if isinstance(given, dict):
        query = read_conversation(given["messages"]).query
        view = new_view(run.context, query)
    else:
        saved = await run.saved()
        view = saved_view(run.context, await run.state(), saved)
    with output.watcher(view) as watch:
        live = run.context.live and watch.wants_text
        async for part in run.app.astream(
            given,
            run.config,
            context=run.context.model_copy(update={"live": live}),
            stream_mode="custom",
            version="v2",
            durability="sync",
        ):
            watch(cast("AnyEvent", part["data"]))


async def paid_for(run: SavedRun, error: Exception) -> bool:
    """Return whether a run that failed has sent a request to a model."""
    usages = [
        (await run.state()).values.get("usage"),
        (getattr(error, "partial", None) or {}).get("usage"),
    ]
    return any(usage and usage["total"].get("requests") for usage in usages)


async def _id_if_saved(run: SavedRun) -> str | None:
    """Return the id to resume by, if anything is saved under it."""
    saved = await run.saved()
    return run.id if saved else None
