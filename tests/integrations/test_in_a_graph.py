"""ChatTPO in the nodes of a LangGraph graph, sync and async, one call or several."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command
from scripted_model import ScriptedModel
from steps import QUERY, prefer_later, says

from tpo.integrations.chat_model.chat_tpo import ChatTPO

INPUT: Any = {"messages": [("user", QUERY)]}
CONFIG: Any = {"configurable": {"thread_id": "t"}}


def chat(model: Any = None, **settings: Any) -> ChatTPO:
    knobs = {"depth": 1, "width": 3, "retries": 0, "seed": 1, **settings}
    return ChatTPO(policy=model or says(), **{"reward": prefer_later, **knobs})


def graph_of(node: Any, saver: Any = None, **options: Any) -> Any:
    graph = StateGraph(MessagesState).add_node("answer", node, **options)
    return graph.add_edge(START, "answer").compile(checkpointer=saver)


def sync_node(model: Any) -> Any:
    return lambda state: {"messages": [model.invoke(state["messages"])]}


async def test_a_sync_node_of_an_async_graph(tmp_path):
    """Its call runs on another loop than the one the saver belongs to."""
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "a.sqlite")) as saver:
        app = graph_of(sync_node(chat()), saver)
        kinds = set()
        async for part in app.astream(
            INPUT, CONFIG, stream_mode=["custom", "messages"], subgraphs=True, version="v2"
        ):
            kinds.add(part["type"])
        state = await app.aget_state(CONFIG)
    assert state.values["messages"][-1].text == "better 2"
    assert kinds == {"custom", "messages"}


def test_a_sync_graph(tmp_path):
    with SqliteSaver.from_conn_string(str(tmp_path / "s.sqlite")) as saver:
        app = graph_of(sync_node(chat()), saver)
        parts = list(app.stream(INPUT, CONFIG, stream_mode=["custom", "values"], subgraphs=True))
        assert app.get_state(CONFIG).values["messages"][-1].text == "better 2"
    assert [data["type"] for _, mode, data in parts if mode == "custom"][-1] == "tpo.final"


@pytest.mark.parametrize("tools", [False, True])
@pytest.mark.parametrize("durability", ["async", "sync", "exit"])
async def test_a_sync_call_in_an_async_node_blocks_and_ends(tmp_path, durability, tools):
    """It holds up the loop that the saver would need, so it is not saved."""

    async def node(state: MessagesState) -> Any:
        return {"messages": [model.invoke(state["messages"])]}

    model: Any = (
        chat(Echo(), reward=lambda query, answer: 1.0).bind_tools([sync_node]) if tools else chat()
    )
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "a.sqlite")) as saver:
        result = await graph_of(node, saver).ainvoke(INPUT, CONFIG, durability=durability)
    assert result["messages"][-1].text == (f"about {QUERY}" if tools else "better 2")


class KilledWhenTheInputIsSaved(InMemorySaver):
    """Fails once, at the second checkpoint of the run inside the node."""

    def __init__(self) -> None:
        super().__init__()
        self.deaths: list[int] = []  # a list, because LangGraph copies its saver

    async def aput(self, config: Any, checkpoint: Any, metadata: Any, versions: Any) -> Any:
        inside = bool(config["configurable"]["checkpoint_ns"])
        if inside and metadata["step"] == 0 and not self.deaths:
            self.deaths.append(0)
            raise ConnectionError("the process dies")
        return await super().aput(config, checkpoint, metadata, versions)

    def steps_inside(self) -> list[int]:
        found = self.list(None)
        return sorted(
            c.metadata["step"] for c in found if c.config["configurable"]["checkpoint_ns"]
        )


async def test_a_run_of_which_only_the_input_is_saved_goes_on_and_is_saved():
    """Its first state has no messages yet: they are not those of another conversation."""

    async def node(state: MessagesState) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    model, saver = chat(), KilledWhenTheInputIsSaved()
    app = graph_of(node, saver)
    with pytest.raises(ConnectionError):
        await app.ainvoke(INPUT, CONFIG, durability="sync")
    assert saver.steps_inside() == [-1]
    result = await app.ainvoke(None, CONFIG, durability="sync")
    assert result["messages"][-1].text == "better 2"
    assert saver.steps_inside() == list(range(-1, 8))


@pytest.mark.parametrize("tools", [False, True])
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_sync_node_that_failed_goes_on_where_it_was(tmp_path, kind, tools):
    def node(state: MessagesState) -> Any:
        tries.append(0)
        answer = model.invoke(state["messages"])
        if len(tries) == 1:
            raise ConnectionError("the process dies")
        return {"messages": [answer]}

    tries: list[int] = []
    policy = Echo()
    model: Any = ChatTPO(policy=policy, reward=lambda query, answer: 1.0, depth=0, width=3)
    model = model.bind_tools([sync_node]) if tools else model
    database = str(tmp_path / "runs.sqlite")
    if kind == "sync":
        with SqliteSaver.from_conn_string(database) as saver:
            app = graph_of(node, saver)
            with pytest.raises(ConnectionError):
                await asyncio.to_thread(app.invoke, INPUT, CONFIG)
            asked = len(policy.asked)
            result = await asyncio.to_thread(app.invoke, None, CONFIG)
    else:
        async with AsyncSqliteSaver.from_conn_string(database) as own:
            app = graph_of(node, own)
            with pytest.raises(ConnectionError):
                await app.ainvoke(INPUT, CONFIG)
            asked = len(policy.asked)
            result = await app.ainvoke(None, CONFIG)
    assert result["messages"][-1].text == f"about {QUERY}"
    assert (len(tries), len(policy.asked)) == (2, asked)


async def test_each_turn_of_a_thread_is_a_run_of_its_own():
    async def node(state: MessagesState) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    policy = says()
    model = chat(policy, depth=0)
    app = graph_of(node, InMemorySaver())
    first = await app.ainvoke(INPUT, CONFIG)
    second = await app.ainvoke({"messages": [("user", "And at night?")]}, CONFIG)
    assert [m.type for m in second["messages"]] == ["human", "ai", "human", "ai"]
    assert first["messages"][-1].text == second["messages"][1].text
    pool = second["messages"][-1].response_metadata["tpo"]["candidates"]
    assert [c["text"] for c in pool] == ["first 3", "first 4", "first 5"]


@pytest.mark.parametrize("saver", [None, InMemorySaver()])
async def test_several_calls_in_one_node_are_kept_apart(saver):
    async def node(state: MessagesState) -> Any:
        one = await model.ainvoke("one")
        many = await asyncio.gather(*(model.ainvoke(f"question {i}") for i in range(8)))
        batch = await model.abatch(["x", "y"])
        return {"messages": [one, *many, *batch]}

    model = ChatTPO(policy=Echo(), reward=lambda query, answer: query in answer, depth=0, width=2)
    result = await graph_of(node, saver).ainvoke(INPUT, CONFIG)
    wanted = ["one", *(f"question {i}" for i in range(8)), "x", "y"]
    assert [m.text for m in result["messages"][1:]] == [f"about {query}" for query in wanted]


class Echo(ScriptedModel):
    """Names the question, and takes tools without calling them."""

    script: Any = lambda messages, index, seed: f"about {messages[-1].text}"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind()


@pytest.mark.parametrize("durability", ["async", "sync"])
@pytest.mark.parametrize("tools", [False, True])
@pytest.mark.parametrize("shuffled", [False, True])
async def test_calls_made_at_once_find_their_own_run_again(shuffled, tools, durability):
    """Even where the resumed node makes them in another order.

    With tools each begins its run when its first reply is there, so their order may change too.
    """

    async def node(state: MessagesState) -> Any:
        tries.append(0)
        order = list(range(6))
        if shuffled and len(tries) == 2:
            order.reverse()
        made = await asyncio.gather(*(model.ainvoke(f"question {i}") for i in order))
        if len(tries) == 1:
            raise ConnectionError("the process dies")
        return {"messages": [made[order.index(i)] for i in range(6)]}

    tries: list[int] = []
    policy = Echo()
    model: Any = ChatTPO(
        policy=policy, reward=lambda query, answer: query in answer, depth=0, width=2
    )
    model = model.bind_tools([sync_node]) if tools else model
    app = graph_of(node, InMemorySaver())
    with pytest.raises(ConnectionError):
        await app.ainvoke(INPUT, CONFIG, durability=durability)
    asked = len(policy.asked)
    result = await app.ainvoke(None, CONFIG, durability=durability)
    assert [m.text for m in result["messages"][1:]] == [f"about question {i}" for i in range(6)]
    assert len(policy.asked) <= asked * (2 if shuffled or tools else 1)


async def test_a_person_picks_inside_a_node():
    async def node(state: MessagesState) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    policy = says()
    model = chat(policy, human_pick=True)
    app = graph_of(node, InMemorySaver())
    paused = await app.ainvoke(INPUT, CONFIG)
    assert paused["__interrupt__"][0].value["round"] == 0
    asked = len(policy.asked)
    result = await app.ainvoke(Command(resume={"chosen": "r0c0", "stop": True}), CONFIG)
    assert result["messages"][-1].text == "first 0"
    assert result["messages"][-1].response_metadata["tpo"]["stop_reason"] == "human"
    assert len(policy.asked) == asked


async def test_events_of_version_2_name_the_model_and_its_requests():
    async def node(state: MessagesState) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    model = chat()
    started, streamed = [], []
    async for event in graph_of(node).astream_events(INPUT, version="v2"):
        if event["event"] == "on_chat_model_start":
            started.append(event["name"])
        if event["event"] == "on_chat_model_stream" and event["name"] == "ChatTPO":
            streamed.append(event["data"]["chunk"].text)
    assert "".join(streamed) == "better 2"
    assert started[0] == "ChatTPO"
    assert {"loss r0", "gradient r0"} < set(started)


@pytest.mark.filterwarnings("ignore:The v3 streaming protocol")
async def test_events_of_version_3_carry_one_message_with_reasoning_and_text():
    async def node(state: MessagesState) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    model = chat()
    stream = await graph_of(node).astream_events(INPUT, version="v3")
    said = [(await message.output).content async for message in stream.messages]
    assert [[block["type"] for block in content] for content in said] == [["reasoning", "text"]]
    assert (await stream.output())["messages"][-1].text == "better 2"


def test_a_remote_conversation_keeps_its_shape():
    """What a server sends on: messages as dicts, the trace included."""
    message = chat().invoke([HumanMessage(QUERY)])
    again = type(message)(**message.model_dump())
    assert again == message
