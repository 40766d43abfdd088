"""A node as a runnable that is async only, and says so."""

# ruff: noqa: ARG002  the signatures are Runnable's

from __future__ import annotations

from typing import Any, NoReturn

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.runtime import get_runtime

from ..core.context import Context
from ..core.errors import SyncCallError
from ..core.state import State
from ..nodes.parts import Node


class AsyncStep(Runnable[State, dict[str, Any]]):
    """Runs a node; a sync call is refused in one sentence instead of LangGraph's riddle."""

    def __init__(self, node: Node, name: str) -> None:
        self.node = node
        self.name = name

    def invoke(
        self,
        input: State,  # noqa: A002  the name is Runnable's
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
        input: State,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Run the node on the state."""
        return await self.node(input, get_runtime(Context))
