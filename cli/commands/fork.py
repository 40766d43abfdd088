"""`tpo fork`: branch off a run with an edited loss, gradient or pool, or other settings."""

from __future__ import annotations

from langgraph.types import StateSnapshot

from ...core.errors import InputError
from ...graphs.is_over import is_over
from ..ctrl_c import run_interruptible
from ..find_models import check_settings
from ..input.fork_edits import Edits, changes_for, round_of
from ..output_mode import OutputMode
from ..run_graph import run_graph
from ..saved.branch import (
    branch_off,
    find_checkpoint,
    history,
    maker,
    present_branch,
    reopen,
    short_id,
    skips_critique,
)
from ..saved.saved_run import SavedRun, open_run
from ..saved.status import values_of


def fork(
    run_id: str,
    at: str | None,
    edits: Edits,
    db: str | None,
    output: OutputMode,
    settings: dict[str, object],
) -> int:
    """Branch off and run the branch; return the exit code."""
    if edits.edit and (edits.loss is not None or edits.gradient is not None):
        raise InputError(
            "a rewritten answer is ranked and criticised again, so leave out --loss and --gradient"
        )

    async def work() -> int:
        async with open_run(db, run_id, settings) as run:
            await check_settings(run.context, output)
            await _branch(run, at, edits, changed=bool(settings))
            return await run_graph(run, None, output)

    return run_interruptible(work())


async def _branch(run: SavedRun, at: str | None, edits: Edits, *, changed: bool) -> None:
    states = await history(run)
    if edits:
        base = _base(states, at, edits)
        await branch_off(run, base, changes_for(values_of(base), edits), maker(base))
    elif at:
        await branch_off(run, find_checkpoint(states, at), {})
    elif changed:
        if not is_over(states[0]):
            raise InputError(
                f"run {run.id} is not over; to continue it with other settings, give them to: "
                f"tpo resume {run.id}"
            )
        await reopen(run)
    else:
        raise InputError(
            "nothing to change: give --loss, --gradient, --drop, --edit, a setting such as "
            "--depth, or --at CHECKPOINT to replay the run from there"
        )


def _base(states: list[StateSnapshot], at: str | None, edits: Edits) -> StateSnapshot:
    """Return the checkpoint at which the edits can be made: the last one, if none is named."""
    line = present_branch(states)
    wanted = edits.round if not edits.edit else round_of(values_of(line[0]), edits)
    fitting = [
        state
        for state in (states if at else line)
        if (maker(state) in edits.makers or (edits.steers and skips_critique(state)))
        and wanted in {None, values_of(state).get("round")}
    ]
    if at:
        base = find_checkpoint(states, at)
        if base not in fitting:
            names = ", ".join(short_id(s) for s in fitting) or "none"
            raise InputError(f"this edit does not fit checkpoint {at}; it fits these: {names}")
        return base
    if not fitting:
        where = "" if wanted is None else f" in round {wanted}"
        steps = " or ".join(sorted(edits.makers)).replace("rank", "ranking")
        raise InputError(f"the run has no {steps} to edit{where}")
    return fitting[0]
