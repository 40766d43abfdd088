"""Run a graph inside a node, saved with the node's run, without streaming what it writes.

LangGraph streams a graph that runs inside a node as its subgraph: a client that asks for
`subgraphs=True` sees all that it writes, the draft included. Here only its `custom` events are
streamed, as events of the node.
"""

from __future__ import annotations

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_config
from langgraph.constants import TAG_NOSTREAM
from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel.protocol import StreamProtocol
from langgraph.types import StreamWriter
from langgraph.typing import ContextT, StateT

from ...core.sync_saver import SyncSaver


async def run_silently(
    graph: CompiledStateGraph[StateT, ContextT, StateT, StateT],
    input: StateT,
    context: ContextT,
    write: StreamWriter,
    *,
    in_sync_node: bool = False,
) -> StateT:
    """Run a graph to its end; after a kill, on from where the earlier attempt stopped.

    Args:
        graph: Compiled without a saver; it uses the saver of the node's graph, if there is one.
        input: What it begins with, unless it goes on after a kill.
        context: Its context, which is not saved.
        write: Takes its `custom` events.
        in_sync_node: Whether the node is a sync one, whose saver may be sync only.

    Returns:
        The values it ended with.
    """
    values, config = input, _unstreamed(in_sync_node=in_sync_node)
    stream = graph.astream(
        input, config, context=context, stream_mode=["custom", "values"], version="v2"
    )
    async for part in stream:
        if part["type"] == "custom":
            write(part["data"])
        elif part["type"] == "values":
            values = part["data"]
    return values


def _unstreamed(*, in_sync_node: bool) -> RunnableConfig:
    """Return the node's own config without the stream of its graph.

    The tag keeps the tokens of every model called in the graph off the `messages` stream. The
    config holds the namespace too, so it replaces the inherited one instead of joining it.
    """
    kept = {}
    for key, value in get_config()["configurable"].items():
        if isinstance(value, StreamProtocol):
            continue
        sync = in_sync_node and isinstance(value, BaseCheckpointSaver)
        kept[key] = SyncSaver(value) if sync else value
    return {"configurable": kept, "tags": [TAG_NOSTREAM]}
