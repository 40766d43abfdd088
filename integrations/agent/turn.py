"""One call of the agent's model as a graph of its own: draft, decide, search.

It runs inside the agent's node `model`, which LangGraph runs again from its first line when
a killed agent is resumed. Each step here is saved when it is done, the draft too, so it is
not asked for again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from langchain.agents.middleware import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage
from langgraph.errors import GraphBubbleUp
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from ...core.context import Context
from ...core.errors import evidence
from ...core.usage import Cost
from .allowance import Allowance
from .conditions import Conditions
from .reply import draft_in, restore, save
from .search import Found, Search


class Turn(TypedDict, total=False):
    """What is saved of the call: plain JSON."""

    reply: list[dict[str, Any]] | None
    """The model's reply; `None` where it cannot be saved, and need not be: see `save`."""
    failed: str
    """Why there is no reply."""
    final: bool
    """Whether the reply is a final answer."""
    skipped: str
    """Why no better answer was searched for, or ""."""
    found: Found


@dataclass
class Call:
    """What is not saved: the request, and what this life of the node knows already.

    Attributes:
        request: The agent's request.
        ask: Makes the model reply.
        context: Settings of the search.
        spent: What the thread's searches have cost so far.
        reply: What the model replied in this life.
        error: What it raised in this life.
    """

    request: ModelRequest[Any]
    ask: Callable[[], Awaitable[ModelResponse[Any]]]
    context: Context | None
    spent: Cost
    reply: ModelResponse[Any] | None = None
    error: Exception | None = None


def build_turn(
    conditions: Conditions, allowance: Allowance, search: Search
) -> CompiledStateGraph[Any, Call, Any, Any]:
    """Build the graph; it is run with a `Call` as context."""

    async def draft(state: Turn, runtime: Runtime[Call]) -> Turn:  # noqa: ARG001
        call = runtime.context
        try:
            call.reply = await call.ask()
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001  raised again outside, in this life
            call.error = error
            return {"failed": evidence(error)}
        final = draft_in(call.request, call.reply) is not None
        return {"reply": save(call.reply), "final": final}

    async def decide(state: Turn, runtime: Runtime[Call]) -> Turn:
        call = runtime.context
        if call.context is None:
            return {"skipped": "context: switched off for this call"}
        if why := allowance.used_up(call.spent):
            return {"skipped": why}
        try:
            why = await conditions.why_not(call.request, _draft_of(state))
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001  the caller's own function
            why = f"when: {evidence(error)}"
        return {"skipped": why}

    async def look(state: Turn, runtime: Runtime[Call]) -> Turn:
        call = runtime.context
        context = allowance.narrow(call.context or Context(), call.spent)
        write = runtime.stream_writer
        return {"found": await search.run(call.request, _draft_of(state), context, write)}

    graph = StateGraph(Turn, Call)
    graph.add_node("draft", draft)
    graph.add_node("decide", decide)
    graph.add_node("search", look)
    graph.add_edge(START, "draft")
    graph.add_conditional_edges("draft", _after_draft)
    graph.add_conditional_edges("decide", _after_decide)
    graph.add_edge("search", END)
    return graph.compile(name="tpo_turn")


def _after_draft(state: Turn) -> Literal["decide", "__end__"]:
    return "decide" if state.get("final") else "__end__"


def _after_decide(state: Turn) -> Literal["search", "__end__"]:
    return "__end__" if state["skipped"] else "search"


def _draft_of(state: Turn) -> AIMessage:
    draft = restore(state["reply"] or []).result[0]
    assert isinstance(draft, AIMessage)  # noqa: S101  `draft_in` found it
    return draft
