"""One call of the agent's model as a graph of its own: draft, decide, search.

It runs inside the agent's node `model`, which LangGraph runs again from its first line when
a killed agent is resumed. Each step is saved when it is done, so the draft is paid for once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from langchain_core.messages import AIMessage
from langgraph.errors import GraphBubbleUp
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from ...core.context import Context
from ...core.errors import evidence
from ...core.json_types import JsonObject
from ...core.usage import Cost
from .allowance import Allowance
from .conditions import Conditions
from .model_reply import AgentReply, AgentRequest, draft_in, restore_reply, save_reply
from .search import Found, Search


class SavedTurn(TypedDict, total=False):
    """What is saved of a turn: plain JSON."""

    reply: list[JsonObject] | None
    """The model's reply; `None` if it cannot be saved, and need not be: see `save_reply`."""
    failed: str
    """Why there is no reply."""
    final: bool
    """Whether the reply is a final answer."""
    skipped: str
    """Why no better answer was searched for, or ""."""
    found: Found


@dataclass
class Attempt:
    """One attempt of the node: the request, and what has come so far. It is not saved.

    Attributes:
        request: The agent's request.
        ask: Calls the model.
        context: Settings of the search.
        spent: What the thread's searches have cost so far.
        reply: What the model replied in this attempt.
        error: What it raised in this attempt.
    """

    request: AgentRequest
    ask: Callable[[], Awaitable[AgentReply]]
    context: Context | None
    spent: Cost
    reply: AgentReply | None = None
    error: Exception | None = None


def build_turn(
    conditions: Conditions, allowance: Allowance, search: Search
) -> CompiledStateGraph[SavedTurn, Attempt, SavedTurn, SavedTurn]:
    """Build the graph; it is run with an `Attempt` as context."""

    async def draft(state: SavedTurn, runtime: Runtime[Attempt]) -> SavedTurn:
        attempt = runtime.context
        try:
            attempt.reply = await attempt.ask()
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001  raised again outside, in this attempt
            attempt.error = error
            return {"failed": evidence(error)}
        final = draft_in(attempt.request, attempt.reply) is not None
        return {"reply": save_reply(attempt.reply), "final": final}

    async def decide(state: SavedTurn, runtime: Runtime[Attempt]) -> SavedTurn:
        attempt = runtime.context
        if attempt.context is None:
            return {"skipped": "context: switched off for this call"}
        if why := allowance.used_up(attempt.spent):
            return {"skipped": why}
        try:
            why = await conditions.why_not(attempt.request, _draft_of(state))
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001  the caller's own function
            why = f"when: {evidence(error)}"
        return {"skipped": why}

    async def look(state: SavedTurn, runtime: Runtime[Attempt]) -> SavedTurn:
        attempt = runtime.context
        context = allowance.narrow(attempt.context or Context(), attempt.spent)
        write = runtime.stream_writer
        return {"found": await search.run(attempt.request, _draft_of(state), context, write)}

    graph = StateGraph(SavedTurn, Attempt)
    graph.add_node("draft", draft)
    graph.add_node("decide", decide)
    graph.add_node("search", look)
    graph.add_edge(START, "draft")
    graph.add_conditional_edges("draft", _after_draft, ["decide", END])
    graph.add_conditional_edges("decide", _after_decide, ["search", END])
    graph.add_edge("search", END)
    return graph.compile(name="tpo_turn")


def _after_draft(state: SavedTurn) -> str:
    return "decide" if state.get("final") else END


def _after_decide(state: SavedTurn) -> str:
    return END if state["skipped"] else "search"


def _draft_of(state: SavedTurn) -> AIMessage:
    draft = restore_reply(state["reply"] or []).result[0]
    assert isinstance(draft, AIMessage)  # `draft_in` found it
    return draft
