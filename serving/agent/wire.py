"""Checkpoints and state as the Agent Server writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Interrupt, StateSnapshot

PLACE = ("thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map")


def checkpoint_of(config: RunnableConfig | None) -> dict[str, Any] | None:
    """Return the checkpoint that a config names."""
    place = (config or {}).get("configurable", {})
    if not place.get("checkpoint_id"):
        return None
    return {key: place[key] for key in PLACE if key in place}


def interrupt_of(paused: Interrupt) -> dict[str, Any]:
    """Return an interrupt with what a form needs."""
    shown: dict[str, Any] = {"id": paused.id, "value": paused.value}
    schema = getattr(paused, "response_schema", None)
    return {**shown, "response_schema": schema} if schema is not None else shown


def state_of(snapshot: StateSnapshot) -> dict[str, Any]:
    """Return a thread's state at one checkpoint."""
    config, parent = snapshot.config, snapshot.parent_config
    return {
        "values": snapshot.values,
        "next": list(snapshot.next),
        "tasks": [_task(task) for task in snapshot.tasks],
        "metadata": snapshot.metadata,
        "created_at": snapshot.created_at,
        "checkpoint": checkpoint_of(config),
        "parent_checkpoint": checkpoint_of(parent),
        "interrupts": [interrupt_of(paused) for paused in snapshot.interrupts],
        "checkpoint_id": (checkpoint_of(config) or {}).get("checkpoint_id"),
        "parent_checkpoint_id": (checkpoint_of(parent) or {}).get("checkpoint_id"),
    }


def result_of(snapshot: StateSnapshot) -> dict[str, Any]:
    """Return what a run has come to: what it waits for, or the values."""
    paused = [interrupt_of(one) for one in snapshot.interrupts]
    return {**snapshot.values, "__interrupt__": paused} if paused else snapshot.values


def _task(task: Any) -> dict[str, Any]:
    state = task.state
    nested = isinstance(state, StateSnapshot)
    return {
        "id": task.id,
        "name": task.name,
        "path": list(task.path),
        "error": task.error if task.error is None else str(task.error),
        "interrupts": [interrupt_of(paused) for paused in task.interrupts],
        "checkpoint": state["configurable"] if state is not None and not nested else None,
        "state": state_of(state) if nested else None,
        "result": getattr(task, "result", None),
    }


def debug_of(chunk: dict[str, Any]) -> dict[str, Any]:
    """Return a `debug` event with plain checkpoints in place of configs."""
    if chunk["type"] == "checkpoint":
        return {**chunk, "payload": saved_of(chunk["payload"])}
    return chunk


def saved_of(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `checkpoints` event; a config holds objects of this process."""
    kept = {key: value for key, value in payload.items() if key not in {"config", "parent_config"}}
    return {
        **kept,
        "config": {"configurable": checkpoint_of(payload.get("config"))},
        "checkpoint": checkpoint_of(payload.get("config")),
        "parent_checkpoint": checkpoint_of(payload.get("parent_config")),
    }
