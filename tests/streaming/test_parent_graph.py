"""The TPO graph inside another graph: chat clients see one clean reply, whatever they ask for."""

from __future__ import annotations

from typing import Any

import pytest
from event_log import check
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph

import tpo

pytestmark = pytest.mark.loopback

INPUT = {"messages": [("user", "Why is the sky blue?")]}
CONTEXT = {"depth": 1, "width": 3, "seed": 1}


def as_node(graph: Any) -> Any:
    """TPO as a node, with a node before and one after it."""

    def before(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("let me think"), ("user", "Go on: why?")]}

    parent = StateGraph(MessagesState, tpo.Context)
    parent.add_node("before", before)
    parent.add_node("answer", graph.compile(name="tpo"))
    parent.add_edge(START, "before")
    parent.add_edge("before", "answer")
    parent.add_edge("answer", END)
    return parent.compile()


def called(graph: Any) -> Any:
    """TPO called from a node's own code."""
    inner = graph.compile(name="tpo")

    async def answer(state: MessagesState) -> dict[str, Any]:
        out = await inner.ainvoke({"messages": state["messages"]}, context=CONTEXT)
        return {"messages": [out["messages"][-1]]}

    return StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()


@pytest.mark.parametrize("subgraphs", [False, True], ids=["flat", "subgraphs"])
@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_as_a_node_messages_carries_the_answer_once(server, graph, sampling, subgraphs):
    messages, custom, state = [], [], {}
    async for part in as_node(graph).astream(
        INPUT,
        context={**CONTEXT, "sampling": sampling, "live": True},
        stream_mode=["messages", "custom", "values"],
        version="v2",
        subgraphs=subgraphs,
    ):
        if part["type"] == "messages":
            messages.append(part["data"][0])
        elif part["type"] == "custom":
            custom.append(part["data"])
        elif not part["ns"]:
            state = part["data"]
    assert [m.type for m in state["messages"]] == ["human", "ai", "human", "ai"]
    said = [m.text for m in messages if m.type == "ai"]
    assert said == ["let me think", state["messages"][-1].text]
    assert len({m.id for m in messages if m.type == "ai"}) == 2
    assert bool(custom) == subgraphs  # a subgraph's events reach those who ask for subgraphs
    if custom:
        check(custom)
        assert custom[-1]["answer"] == said[-1]
    assert server.streamed_several == []


@pytest.mark.parametrize("subgraphs", [False, True], ids=["flat", "subgraphs"])
async def test_called_from_a_node_messages_carries_the_answer_once(server, graph, subgraphs):
    messages, state = [], {}
    async for part in called(graph).astream(
        INPUT, stream_mode=["messages", "values"], version="v2", subgraphs=subgraphs
    ):
        if part["type"] == "messages":
            messages.append(part["data"][0].text)
        elif not part["ns"]:
            state = part["data"]
    assert messages == [state["messages"][-1].text]
    assert messages[0] in server.texts
