"""Branches of a run: which checkpoints it has, who wrote each, and how to go on from one."""

from __future__ import annotations

from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from langgraph.types import StateSnapshot

from ...core.context import Context
from ...core.errors import InputError
from ...core.state import State, StopReason
from ...core.stopping import why_break_off, why_stop
from .. import words
from .session import Session, settings_of, values_of

# `update_state` runs the edges that follow, but gives them no runtime of its own.
RUNTIME = "__pregel_runtime"
SHORT = 6
BROKEN_OFF = {"critique_failed", "no_update"}  # reasons that may not hold a second time


def checkpoint_id(config: RunnableConfig | None) -> str:
    """Return the id in a checkpoint's config, or ""."""
    return str((config or {}).get("configurable", {}).get("checkpoint_id") or "")


def short_id(state: StateSnapshot) -> str:
    """Return the end of a checkpoint's id; its beginning is the time, which is alike."""
    return checkpoint_id(state.config)[-SHORT:]


async def history(session: Session) -> list[StateSnapshot]:
    """Return all checkpoints of all branches, newest first."""
    return [state async for state in session.app.aget_state_history(session.thread)]


def present_branch(states: list[StateSnapshot]) -> list[StateSnapshot]:
    """Return the checkpoints that led to the newest one, newest first."""
    branch: list[StateSnapshot] = []
    for state in states:  # a parent is always older than its child
        if not branch or checkpoint_id(state.config) == checkpoint_id(branch[-1].parent_config):
            branch.append(state)
    return branch


def find_checkpoint(states: list[StateSnapshot], id: str) -> StateSnapshot:
    """Return the checkpoint whose id ends so.

    Raises:
        InputError: none does, or several do.
    """
    found = [s for s in states if id and checkpoint_id(s.config).endswith(id.lower())]
    if len(found) != 1:
        raise InputError(
            f"{'no' if not found else 'more than one'} checkpoint of this run ends in {id!r}; "
            "see them with: tpo show ID --history"
        )
    return found[0]


def maker(state: StateSnapshot) -> str | None:
    """Return the node that wrote a checkpoint, told by what comes next; `None`: no node yet."""
    values, upcoming = values_of(state), state.next[0] if state.next else "end"
    ranked = "choose" if settings_of(state.metadata).human_pick else "rank"
    known = {
        "end": "finish",
        "rank": "update" if values.get("round") else "sample",
        "choose": "rank",
        "loss": ranked,
        "gradient": "loss",
        "update": "gradient",
    }
    if upcoming != "finish":
        return known.get(upcoming)
    last = values["rounds"][-1]
    return "gradient" if last["gradient"] else "loss" if last["loss"] else ranked


async def branch_off(
    session: Session, base: StateSnapshot, changes: dict[str, Any], node: str | None = None
) -> None:
    """Make a checkpoint, changed as if `node` had written it, the run's present state.

    Args:
        session: The run, with the settings it is to go on with.
        base: The checkpoint.
        changes: What to write to its channels.
        node: Who is to have written it; default: who did. The edges after it decide anew.
    """
    as_node = node or maker(base)
    config = cast(
        "RunnableConfig",
        {
            **session.config,
            "configurable": {
                **base.config["configurable"],
                RUNTIME: Runtime(context=session.context),
            },
        },
    )
    if as_node is None:  # nothing has run yet
        await session.app.aupdate_state(config, None, as_node="__copy__")
    else:
        await session.app.aupdate_state(config, changes, as_node=as_node)


async def reopen(session: Session) -> None:
    """Let a finished run go on from where it stopped.

    Raises:
        InputError: with the same settings it would stop at once.
    """
    line = present_branch(await history(session))
    values = values_of(line[0])
    if values["stop_reason"] == "no_update":  # the update is to be drawn again
        await branch_off(session, _before(line, "update"), {})
        return
    base = _before(line, "finish")
    last = values["rounds"][-1]
    again = {"turn": last["turn"], "round": last["round"], "error": None, "failure": None}
    changes = {"halt": None, "rounds": [again]}
    if reason := _stops(cast("State", {**values, "halt": None}), session.context, maker(base)):
        said = words.why(reason, session.context)
        raise InputError(f"with these settings the run would stop at once: {said}")
    await branch_off(session, base, changes)


def _before(line: list[StateSnapshot], node: str) -> StateSnapshot:
    return next(state for state in line if state.next == (node,))


def _stops(values: State, context: Context, node: str | None) -> StopReason | None:
    if node in {"loss", "gradient"}:
        return why_break_off(values, context)
    return None if context.human_pick and node == "rank" else why_stop(values, context)
