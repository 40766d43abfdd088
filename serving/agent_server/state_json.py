"""Checkpoints and state as the Agent Server writes them."""

from __future__ import annotations

from langchain_core.runnables import RunnableConfig
from langgraph.types import Interrupt, PregelTask, StateSnapshot

from ...core.json_types import JsonObject

CHECKPOINT_KEYS = ("thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map")


def checkpoint_of(config: RunnableConfig | None) -> JsonObject | None:
    """Return the checkpoint that a config names."""
    configurable = (config or {}).get("configurable", {})
    if not configurable.get("checkpoint_id"):
        return None
    return {key: configurable[key] for key in CHECKPOINT_KEYS if key in configurable}


def interrupt_of(interrupt: Interrupt) -> JsonObject:
    """Return an interrupt with what a form needs."""
    shown = {"id": interrupt.id, "value": interrupt.value}
    schema = getattr(interrupt, "response_schema", None)
    return {**shown, "response_schema": schema} if schema is not None else shown


def state_of(snapshot: StateSnapshot) -> JsonObject:
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
        "interrupts": [interrupt_of(one) for one in snapshot.interrupts],
        "checkpoint_id": (checkpoint_of(config) or {}).get("checkpoint_id"),
        "parent_checkpoint_id": (checkpoint_of(parent) or {}).get("checkpoint_id"),
    }


def run_result(snapshot: StateSnapshot) -> JsonObject:
    """Return the result of a run: the values, and what it waits for."""
    values: JsonObject = snapshot.values
    paused = [interrupt_of(one) for one in snapshot.interrupts]
    return {**values, "__interrupt__": paused} if paused else values


def debug_event(chunk: JsonObject) -> JsonObject:
    """Return a `debug` event with plain checkpoints in place of configs."""
    if chunk["type"] == "checkpoint":
        return {**chunk, "payload": checkpoint_event(chunk["payload"])}
    return chunk


def checkpoint_event(payload: JsonObject) -> JsonObject:
    """Return a `checkpoints` event; a config holds objects of this process."""
    kept = {key: value for key, value in payload.items() if key not in {"config", "parent_config"}}
    return {
        **kept,
        "config": {"configurable": checkpoint_of(payload.get("config"))},
        "checkpoint": checkpoint_of(payload.get("config")),
        "parent_checkpoint": checkpoint_of(payload.get("parent_config")),
    }


def _task(task: PregelTask) -> JsonObject:
    state = task.state
    snapshot = state if isinstance(state, StateSnapshot) else None
    config = None if isinstance(state, StateSnapshot) else state
    return {
        "id": task.id,
        "name": task.name,
        "path": list(task.path),
        "error": task.error if task.error is None else str(task.error),
        "interrupts": [interrupt_of(one) for one in task.interrupts],
        "checkpoint": config["configurable"] if config is not None else None,
        "state": state_of(snapshot) if snapshot is not None else None,
        "result": getattr(task, "result", None),
    }
