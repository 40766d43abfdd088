"""Run a graph inside a node: saved with the node's run, and silent on the streams of its graph.

LangGraph streams a graph that runs inside a node as a subgraph of it: whoever asks for
`subgraphs=True` sees what it writes, the draft among it. Here only its `custom` events come
through, as events of the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_config
from langgraph.constants import TAG_NOSTREAM
from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel.protocol import StreamProtocol

from .sync_saver import SyncSaver


async def run_nested(
    graph: CompiledStateGraph[Any, Any, Any, Any],
    input: dict[str, Any],  # noqa: A002  as LangGraph names it
    context: Any,
    write: Callable[[Any], None],
    *,
    in_sync_node: bool = False,
) -> dict[str, Any]:
    """Run a graph to its end, or on from where an earlier life of the node was killed.

    Args:
        graph: Compiled without a saver; it uses the one of the node's graph, if there is one.
        input: What it begins with, unless it goes on.
        context: Its context, which is not saved.
        write: Takes its `custom` events.
        in_sync_node: Whether the node is a sync one, whose saver may be sync only.

    Returns:
        The values it ended with.
    """
    values: dict[str, Any] = {}
    async for part in graph.astream(
        input,
        _unstreamed(in_sync_node=in_sync_node),
        context=context,
        stream_mode=["custom", "values"],
        version="v2",
    ):
        if part["type"] == "custom":
            write(part["data"])
        elif part["type"] == "values":
            values = part["data"]
    return values


def _unstreamed(*, in_sync_node: bool) -> RunnableConfig:
    """Return the node's own config without the stream of its graph.

    The tag keeps tokens of any model called below off the `messages` stream. Given whole,
    with the namespace in it, the config takes the place of the inherited one.
    """
    kept = {}
    for key, value in get_config()["configurable"].items():
        if isinstance(value, StreamProtocol):
            continue
        sync = in_sync_node and isinstance(value, BaseCheckpointSaver)
        kept[key] = SyncSaver(value) if sync else value
    return {"configurable": kept, "tags": [TAG_NOSTREAM]}
