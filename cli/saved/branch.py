"""Branches of a run: its checkpoints, which node wrote each, and how to continue from one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from langgraph.types import StateSnapshot

from ...core.errors import InputError
from ...core.moves import needs_critique, plan_of
from ...core.phrases import stop_phrase
from ...core.state import State
from ...core.stopping import why_break_off, why_stop
from .saved_run import SavedRun, settings_of
from .status import values_of

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


async def history(run: SavedRun) -> list[StateSnapshot]:
    """Return all checkpoints of all branches, newest first."""
    return [state async for state in run.app.aget_state_history(run.thread)]


def present_branch(states: list[StateSnapshot]) -> list[StateSnapshot]:
    """Return the checkpoints that led to the newest one, newest first."""
    branch: list[StateSnapshot] = []
    for state in states:  # a parent is always older than its child
        if not branch or checkpoint_id(state.config) == checkpoint_id(branch[-1].parent_config):
            branch.append(state)
    return branch


def find_checkpoint(states: list[StateSnapshot], end: str) -> StateSnapshot:
    """Return the checkpoint whose id ends with `end`.

    Raises:
        InputError: no checkpoint does, or several do.
    """
    found = [s for s in states if end and checkpoint_id(s.config).endswith(end.lower())]
    if len(found) != 1:
        raise InputError(
            f"{'no' if not found else 'more than one'} checkpoint of this run ends in {end!r}; "
            "list them with: tpo show ID --history"
        )
    return found[0]


def maker(state: StateSnapshot) -> str | None:
    """Return the node that wrote a checkpoint, as the next node shows; `None`: no node yet."""
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
    if upcoming == "update" and skips_critique(state):
        return ranked
    if upcoming != "finish":
        return known.get(upcoming)
    last = values["rounds"][-1]
    return "gradient" if last["gradient"] else "loss" if last["loss"] else ranked


def skips_critique(state: StateSnapshot) -> bool:
    """Return whether the round at a checkpoint was ranked and goes on without a critique."""
    values, context = values_of(state), settings_of(state.metadata)
    if state.next != ("update",) or not values.get("rounds"):
        return False
    return not needs_critique(plan_of(values["rounds"][-1], context.mode, context.width))


async def branch_off(
    run: SavedRun, base: StateSnapshot, changes: Mapping[str, object], node: str | None = None
) -> None:
    """Make a checkpoint, changed as if `node` had written it, the run's present state.

    Args:
        run: The run, with the settings it continues with.
        base: The checkpoint.
        changes: What to write to its channels.
        node: The node that counts as its writer; default: the one that wrote it. The edges
            after it decide again.
    """
    as_node = node or maker(base)
    config = cast(
        "RunnableConfig",
        {
            **run.config,
            "configurable": {
                **base.config["configurable"],
                RUNTIME: Runtime(context=run.context),
            },
        },
    )
    if as_node is None:  # nothing has run yet
        await run.app.aupdate_state(config, None, as_node="__copy__")
    else:
        await run.app.aupdate_state(config, changes, as_node=as_node)


async def reopen(run: SavedRun) -> None:
    """Let a finished run continue from where it stopped.

    Raises:
        InputError: with the same settings it would stop at once.
    """
    line = present_branch(await history(run))
    values = values_of(line[0])
    if values["stop_reason"] == "no_update":  # the update is sampled again
        await branch_off(run, _before(line, "update"), {})
        return
    base = _before(line, "finish")
    last = values["rounds"][-1]
    again = {**last, "error": None, "failure": None}  # with what `finish` has measured, and paid
    changes = {"halt": None, "rounds": [again], "usage": values["usage"]}
    state, node = cast("State", {**values, "halt": None}), maker(base)
    if node in {"loss", "gradient"}:
        reason = why_break_off(state, run.context)
    else:  # a person is asked before a stop rule counts
        asked = run.context.human_pick and node == "rank"
        reason = None if asked else why_stop(state, run.context)
    if reason:
        phrase = stop_phrase(reason, run.context)
        raise InputError(f"with these settings the run would stop at once: {phrase}")
    await branch_off(run, base, changes)


def _before(line: list[StateSnapshot], node: str) -> StateSnapshot:
    return next(state for state in line if state.next == (node,))
