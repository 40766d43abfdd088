"""`tpo resume`: continue a saved run."""

from __future__ import annotations

from langgraph.types import Command, StateSnapshot

from ...core.errors import InputError
from ...core.phrases import stop_phrase
from ...graphs.is_over import is_over
from ..console import say
from ..ctrl_c import run_interruptible
from ..find_models import check_settings
from ..input.human_pick import Pick, check_pick
from ..output_mode import OutputMode
from ..run_graph import Input, print_end, run_graph
from ..saved.branch import BROKEN_OFF, branch_off, reopen
from ..saved.saved_run import SavedRun, open_run
from ..saved.status import values_of

NOT_WAITING = "this run is not waiting for a person, so there is nothing to pick"


def resume(
    run_id: str, choice: Pick, db: str | None, output: OutputMode, settings: dict[str, object]
) -> int:
    """Resume, and return the exit code."""

    async def work() -> int:
        async with open_run(db, run_id, settings) as run:
            state = await run.state()
            if not state.interrupts and any(choice.values()):
                raise InputError(NOT_WAITING)
            if is_over(state):
                return await _reopen(run, state, output, changed=bool(settings))
            await check_settings(run.context, output)
            given: Input = None
            if any(choice.values()):
                given = Command(resume={state.interrupts[0].id: check_pick(state, choice)})
            elif state.interrupts and not run.context.human_pick:  # nobody is asked any more
                await branch_off(run, state, {}, "rank")
            return await run_graph(run, given, output)

    return run_interruptible(work())


async def _reopen(run: SavedRun, state: StateSnapshot, output: OutputMode, *, changed: bool) -> int:
    reason = values_of(state)["stop_reason"]
    if not changed and reason not in BROKEN_OFF:
        if output.talks:
            phrase = stop_phrase(reason, run.context)
            say(f"run {run.id} is over ({phrase}); to continue it, change a setting: --depth N")
        return print_end(run, state, output)
    await check_settings(run.context, output)
    await reopen(run)
    return await run_graph(run, None, output)
