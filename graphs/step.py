"""Nodes and edges as runnables: async only, and with no more in a trace than helps its reader."""

# The signatures are Runnable's.

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, get_args, get_type_hints

from langchain_core.runnables import Runnable, RunnableConfig, ensure_config
from langchain_core.runnables.config import set_config_context
from langgraph.runtime import get_runtime
from langgraph.types import TracePolicy

from ..core.context import Context
from ..core.errors import SyncCallError
from ..core.state import State
from ..nodes.paid.run_models import Node


class AsyncStep(Runnable[State, dict[str, Any]]):
    """Runs a node; a sync call is refused in one sentence instead of LangGraph's riddle."""

    def __init__(self, node: Node, name: str) -> None:
        self.node = node
        self.name = name

    def invoke(
        self,
        input: State,  # the name is Runnable's
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> NoReturn:
        """Refuse.

        Raises:
            SyncCallError: always.
        """
        raise SyncCallError(
            "the TPO graph is async: use `await graph.ainvoke(...)` or `graph.astream(...)`, "
            "or call `tpo.align(...)` from sync code"
        )

    async def ainvoke(
        self,
        input: State,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Run the node on the state."""
        return await self.node(input, get_runtime(Context))


class Edge(Runnable[State, str]):
    """Asks a router which step follows. Not a run of its own, which would hold the whole state."""

    def __init__(self, route: Callable[[State], str], name: str) -> None:
        self.route = route
        self.name = name
        self.targets: list[str] = list(get_args(get_type_hints(route)["return"]))

    def invoke(
        self,
        input: State,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> str:
        """Return the name of the next step."""
        with set_config_context(ensure_config(config)) as context:
            return context.run(self.route, input)

    async def ainvoke(
        self,
        input: State,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> str:
        """Return the name of the next step."""
        return self.invoke(input, config)


def _in_brief(state: State) -> dict[str, Any]:
    """Return what a trace shows of the state before a step: where the run is, and no texts.

    They stand in the runs of the requests that brought them, and in the result.
    """
    shown: dict[str, Any] = {key: state[key] for key in ("turn", "round") if key in state}
    for record in state.get("rounds", [])[-1:]:
        shown |= {"chosen": record["chosen"], "rejected": record["rejected"]}
    return {**shown, "candidates": len(state.get("candidates", []))}


IN_BRIEF = TracePolicy(process_inputs=_in_brief)
