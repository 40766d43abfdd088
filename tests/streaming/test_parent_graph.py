"""The TPO graph inside another graph: chat clients see one clean reply, whatever they ask for."""

from __future__ import annotations

from typing import Any

import pytest
from event_log import check
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command

import tpo

pytestmark = pytest.mark.loopback

INPUT = {"messages": [("user", "Why is the sky blue?")]}
CONFIG: Any = {"configurable": {"thread_id": "t"}}
CONTEXT = {"depth": 1, "width": 3, "seed": 1}


def as_node(graph: Any, saver: Any = None, inner: Any = None) -> Any:
    """TPO as a node, with a node before it; `inner` is what it is compiled with as a saver."""

    def before(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("let me think"), ("user", "Go on: why?")]}

    parent = StateGraph(MessagesState, tpo.Context)
    parent.add_node("before", before)
    parent.add_node("answer", graph.compile(name="tpo", checkpointer=inner))
    parent.add_edge(START, "before")
    parent.add_edge("before", "answer")
    parent.add_edge("answer", END)
    return parent.compile(checkpointer=saver)


def called(graph: Any) -> Any:
    """TPO called from a node's own code."""
    inner = graph.compile(name="tpo")

    async def answer(state: MessagesState) -> dict[str, Any]:
        out = await inner.ainvoke({"messages": state["messages"]}, context=CONTEXT)
        return {"messages": [out["messages"][-1]]}

    return StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()


@pytest.mark.parametrize("saved", [False, True], ids=["no saver", "saver"])
@pytest.mark.parametrize("subgraphs", [False, True], ids=["flat", "subgraphs"])
@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_as_a_node_messages_carries_the_answer_once(
    server, graph, sampling, subgraphs, saved
):
    messages, custom, state = [], [], {}
    async for part in as_node(graph, InMemorySaver() if saved else None).astream(
        INPUT,
        CONFIG,
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


@pytest.mark.parametrize("inner", [None, False, True], ids=["inherited", "not saved", "kept"])
async def test_every_turn_of_a_thread_has_a_pool_of_its_own(server, graph, inner):
    """Whether TPO as a node is saved with its parent, not at all, or keeps a thread itself."""
    app = as_node(graph, InMemorySaver(), inner)
    context = {**CONTEXT, "depth": 0}
    first = await app.ainvoke(INPUT, CONFIG, context=context)
    second = await app.ainvoke({"messages": [("user", "And why?")]}, CONFIG, context=context)
    assert [m.type for m in second["messages"]] == ["human", "ai", "human", "ai"] * 2
    assert second["messages"][:4] == first["messages"]
    assert set(second) == {"messages"}  # the pool stays inside
    assert second["messages"][-1].text in {c["message"]["content"] for c in _choices(server)[-3:]}
    asked = server.asked[-1].body["messages"]
    assert [m["content"] for m in asked] == [m.text for m in second["messages"][:-1]]


def _choices(server: Any) -> list[Any]:
    return [choice for reply in server.sent for choice in reply["choices"]]


async def test_what_a_subgraph_has_done_so_far_can_be_read(server, graph):
    """A parent that stops before the node ends leaves the pool in the saver."""
    app = as_node(graph, InMemorySaver())
    context = {**CONTEXT, "human_pick": True}
    await app.ainvoke(INPUT, CONFIG, context=context)
    paused = await app.aget_state(CONFIG, subgraphs=True)
    (task,) = paused.tasks
    assert task.state.values["round"] == 0
    assert len(task.state.values["candidates"]) == 3
    resumed = await app.ainvoke(
        Command(resume={"chosen": "r0c1", "stop": True}), CONFIG, context=context
    )
    assert resumed["messages"][-1].text == task.state.values["candidates"][1]["text"]
    assert len(server.sent) == 1
