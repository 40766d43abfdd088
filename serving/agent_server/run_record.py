"""The record of a new run, from the request that asks for it."""

from __future__ import annotations

from uuid import uuid4

from ...core.json_types import JsonObject
from .assistant_routes import assistant_id
from .records import Run, now
from .request_bodies import RunCreate


def run_record(
    asked: RunCreate, graph_id: str, thread_id: str, context: JsonObject, *, temporary: bool
) -> Run:
    """Return the record of a new run.

    Args:
        asked: The request.
        graph_id: The graph.
        thread_id: The thread.
        context: The settings of the run.
        temporary: Whether the thread exists for this run only.
    """
    created_at = now()
    kwargs = {
        "graph_id": graph_id,
        "input": asked.input,
        "command": asked.command.model_dump() if asked.command else None,
        "context": context,
        "config": {k: v for k, v in asked.config.items() if k in {"tags", "recursion_limit"}},
        "checkpoint_id": asked.start,
        "stream_mode": asked.modes,
        "stream_subgraphs": asked.stream_subgraphs,
        "stream_resumable": asked.stream_resumable,
        "interrupt_before": asked.interrupt_before,
        "interrupt_after": asked.interrupt_after,
        "durability": asked.durability,
        "temporary": temporary,
    }
    return Run(
        run_id=str(uuid4()),
        thread_id=thread_id,
        assistant_id=assistant_id(graph_id),
        created_at=created_at,
        updated_at=created_at,
        status="pending",
        metadata={**asked.metadata, "graph_id": graph_id, "assistant_id": assistant_id(graph_id)},
        kwargs=kwargs,
        multitask_strategy=asked.multitask_strategy,
        life=1,
        owner="",
    )
