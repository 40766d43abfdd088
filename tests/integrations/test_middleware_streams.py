"""Whoever watches an agent with the middleware sees one answer, and never the draft."""

from __future__ import annotations

from typing import Any

import pytest
from event_log import check
from langgraph.graph import START, MessagesState, StateGraph
from scripted_agent import agent, agent_model, asked, optimised

MODES = ["messages", "updates", "custom", "tasks", "debug"]


def parts_of(part: Any, version: str, subgraphs: bool) -> tuple[str, Any, Any]:
    """Return mode, namespace and data of what either version yields."""
    if version == "v2":
        return part["type"], part["ns"], part["data"]
    return (part[1], part[0], part[2]) if subgraphs else (part[0], (), part[1])


async def seen(app: Any, sync: bool, version: Any, subgraphs: bool, modes: Any = MODES) -> Any:
    """Return what a stream shows, by mode."""
    found: dict[str, list[Any]] = {mode: [] for mode in modes}
    options: Any = {"stream_mode": modes, "subgraphs": subgraphs, "version": version}
    if sync:
        parts = list(app.stream(asked(), **options))
    else:
        parts = [part async for part in app.astream(asked(), **options)]
    for part in parts:
        mode, ns, data = parts_of(part, version, subgraphs)
        assert ns == ()  # a search is not a subgraph that somebody has to know of
        found[mode].append(data)
    return found


@pytest.mark.parametrize("sync", [False, True], ids=["async", "sync"])
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("subgraphs", [False, True], ids=["flat", "subgraphs"])
async def test_no_stream_shows_the_draft(sync, version, subgraphs):
    shown = await seen(agent(None, optimised()), sync, version, subgraphs)
    assert "first 0" not in str(shown)
    said = [chunk for chunk, _ in shown["messages"] if chunk.type in {"ai", "AIMessageChunk"}]
    assert [m.text for m in said] == ["Let me look.", "Let me look.", "better 2"]
    assert len({m.id for m in said}) == 3
    plain = await seen(agent(), sync, version, subgraphs)
    nodes = [list(update) for update in shown["updates"]]
    assert nodes == [list(update) for update in plain["updates"]]
    named = [task["name"] for task in shown["tasks"]]
    assert named == [task["name"] for task in plain["tasks"]]
    check(shown["custom"])
    assert shown["custom"][-1]["type"] == "tpo.final"
    assert shown["custom"][-1]["answer"] == "better 2"
    (drafted,) = [
        e["candidate"]
        for e in shown["custom"]
        if e["type"] == "tpo.candidate" and e["candidate"].get("drafted")
    ]
    assert (drafted["id"], drafted["text"]) == ("r0c0", "")


async def test_events_come_while_the_search_runs():
    shown = await seen(agent(None, optimised(max_concurrency=1)), False, "v2", False, ["custom"])
    kinds = [e["type"] for e in shown["custom"]]
    assert kinds.index("tpo.reward") < kinds.index("tpo.loss") < kinds.index("tpo.gradient")
    assert "tpo.loss_delta" in kinds


async def test_event_streams_show_the_answer_as_the_last_text():
    """`astream_events` names every model; chat clients leave those tagged `nostream` out."""
    texts = []
    async for event in agent(None, optimised()).astream_events(asked(), version="v2"):
        if event["event"] == "on_chat_model_stream" and "nostream" not in event["tags"]:
            texts.append(event["data"]["chunk"].text)
    assert texts == []


@pytest.mark.parametrize("subgraphs", [False, True], ids=["flat", "subgraphs"])
async def test_an_agent_within_a_graph(subgraphs):
    graph = StateGraph(MessagesState)
    graph.add_node("assistant", agent(agent_model(), optimised()))
    graph.add_edge(START, "assistant")
    messages, custom = [], []
    async for part in graph.compile().astream(
        asked(), stream_mode=["messages", "custom"], subgraphs=subgraphs, version="v2"
    ):
        if part["type"] == "custom":
            custom.append(part["data"])
        elif part["data"][0].type == "ai":
            messages.append(part["data"][0].text)
    assert messages[-1] == "better 2"
    assert messages.count("better 2") == 1
    assert "first 0" not in messages
    assert bool(custom) == subgraphs


async def test_the_answer_reaches_the_graph_around_the_agent():
    graph = StateGraph(MessagesState)
    graph.add_node("assistant", agent(agent_model(), optimised()))
    graph.add_edge(START, "assistant")
    result = await graph.compile().ainvoke(asked())
    assert result["messages"][-1].text == "better 2"
