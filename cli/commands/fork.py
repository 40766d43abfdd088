"""`tpo fork`: branch off a run with an edited loss, gradient or pool, or other settings."""

from __future__ import annotations

from typing import Any

from langgraph.types import StateSnapshot

from ...core.errors import InputError
from ..conduct import conduct
from ..input.edits import Edits, changes_for, round_of
from ..parts import check_parts
from ..saved.branch import (
    branch_off,
    find_checkpoint,
    history,
    maker,
    present_branch,
    reopen,
    short_id,
)
from ..saved.claim import claim
from ..saved.session import Session, open_session, values_of
from ..saved.store import open_store, store_path
from ..signals import run_interruptible
from ..style import Style


def fork(
    id: str,
    at: str | None,
    edits: Edits,
    db: str | None,
    style: Style,
    knobs: dict[str, Any],
) -> int:
    """Branch off and run the branch; return the exit code."""
    if edits.edit and (edits.loss is not None or edits.gradient is not None):
        raise InputError(
            "a rewritten answer is ranked and criticised anew, so leave out --loss and --gradient"
        )
    return run_interruptible(_fork(id, at, edits, db, style, knobs))


async def _fork(
    id: str,
    at: str | None,
    edits: Edits,
    db: str | None,
    style: Style,
    knobs: dict[str, Any],
) -> int:
    async with open_store(store_path(db)) as store:
        session = await open_session(store, id, knobs)
        with claim(store.path, session.id):
            await check_parts(session.context, style)
            await _branch(session, at, edits, changed=bool(knobs))
            return await conduct(session, None, style)


async def _branch(session: Session, at: str | None, edits: Edits, *, changed: bool) -> None:
    states = await history(session)
    if edits:
        base = _base(states, at, edits)
        await branch_off(session, base, changes_for(values_of(base), edits), maker(base))
    elif at:
        await branch_off(session, find_checkpoint(states, at), {})
    elif changed:
        await reopen(session)
    else:
        raise InputError(
            "say what to change: --loss, --gradient, --drop, --edit, a setting such as "
            "--depth, or --at CHECKPOINT to replay from there"
        )


def _base(states: list[StateSnapshot], at: str | None, edits: Edits) -> StateSnapshot:
    """Return the checkpoint at which the edits can be made: the last one, if none is named."""
    line = present_branch(states)
    wanted = edits.round if not edits.edit else round_of(values_of(line[0]), edits)
    fitting = [
        state
        for state in (states if at else line)
        if maker(state) in edits.makers and wanted in {None, values_of(state).get("round")}
    ]
    if at:
        base = find_checkpoint(states, at)
        if base not in fitting:
            names = ", ".join(short_id(s) for s in fitting) or "none"
            raise InputError(
                f"at {at} there is nothing to edit like that; checkpoints where it fits: {names}"
            )
        return base
    if not fitting:
        where = "" if wanted is None else f" in round {wanted}"
        raise InputError(f"the run has no {' or '.join(sorted(edits.makers))} to edit{where}")
    return fitting[0]
