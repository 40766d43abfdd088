"""`tpo resume`: go on with a saved run."""

from __future__ import annotations

from typing import Any

from langgraph.types import Command, StateSnapshot

from ...core.errors import InputError
from .. import words
from ..conduct import Given, conduct, finish
from ..console import say
from ..input.pick import Pick, check_pick
from ..parts import check_parts
from ..saved.branch import BROKEN_OFF, branch_off, reopen
from ..saved.claim import claim
from ..saved.session import Session, is_over, open_session, values_of
from ..saved.store import open_store, store_path
from ..signals import run_interruptible
from ..style import Style


def resume(
    id: str,
    choice: Pick,
    db: str | None,
    style: Style,
    knobs: dict[str, Any],
) -> int:
    """Resume, and return the exit code."""
    return run_interruptible(_resume(id, choice, db, style, knobs))


async def _resume(
    id: str,
    choice: Pick,
    db: str | None,
    style: Style,
    knobs: dict[str, Any],
) -> int:
    async with open_store(store_path(db)) as store:
        session = await open_session(store, id, knobs)
        with claim(store.path, session.id):
            return await _go_on(session, choice, style, changed=bool(knobs))


async def _go_on(session: Session, choice: Pick, style: Style, *, changed: bool) -> int:
    state = await session.state()
    if not state.interrupts and any(choice.values()):
        raise InputError("this run does not wait for a person, so there is nothing to pick")
    if is_over(state):
        return await _begin_again(session, state, style, changed)
    await check_parts(session.context, style)
    return await conduct(session, await _given(session, state, choice), style)


async def _given(session: Session, state: StateSnapshot, choice: Pick) -> Given:
    """Return what an unfinished run is to be given: a person's choice, or nothing."""
    if not state.interrupts:
        return None
    if any(choice.values()):
        return Command(resume={state.interrupts[0].id: check_pick(state, choice)})
    if not session.context.human_pick:  # nobody is to be asked any more
        await branch_off(session, state, {}, "rank")
    return None


async def _begin_again(session: Session, state: StateSnapshot, style: Style, changed: bool) -> int:
    reason = values_of(state)["stop_reason"]
    if not changed and reason not in BROKEN_OFF:
        if style.talks:
            said = words.why(reason, session.context)
            say(f"run {session.id} is over ({said}); to go on, change a setting: --depth N")
        return finish(session, state, style)
    await check_parts(session.context, style)
    await reopen(session)
    return await conduct(session, None, style)
