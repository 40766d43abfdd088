"""`align` on a saved thread: it goes on, takes a new turn, or refuses; nothing is paid twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from steps import QUERY, prefer_later, says

import tpo

OPTIONS: Any = {"reward": prefer_later, "depth": 1, "width": 3, "retries": 0}


class StoppedError(Exception):
    """What a run is stopped with."""


def stop_at(kind: str) -> Any:
    def on_event(event: Any) -> None:
        if event["type"] == f"tpo.{kind}":
            raise StoppedError

    return on_event


@pytest.fixture
def place() -> dict[str, Any]:
    return {"checkpointer": InMemorySaver(), "thread_id": "t"}


async def stopped(place: dict[str, Any], prompt: Any = QUERY, at: str = "gradient") -> Any:
    """Start a run that ends in the middle; return its model."""
    model = says()
    with pytest.raises(StoppedError):
        await tpo.aalign(prompt, policy=model, on_event=stop_at(at), **place, **OPTIONS)
    return model


async def test_the_same_prompt_goes_on_with_an_unfinished_run(place):
    await stopped(place)
    second = says()
    result = await tpo.aalign(QUERY, policy=second, **place, **OPTIONS)
    assert not {"sample", "loss"} & {a.step for a in second.asked}
    assert [m.text for m in result["messages"]] == [QUERY, result["answer"]]
    assert {c["turn"] for c in result["candidates"]} == {1}
    assert result["usage"]["total"]["requests"] == 4


async def test_a_later_turn_goes_on_too(place):
    await tpo.aalign("before", policy=says(), **place, **{**OPTIONS, "depth": 0})
    turn = [HumanMessage(QUERY)]
    await stopped(place, turn)
    result = await tpo.aalign(turn, policy=says(), **place, **OPTIONS)
    assert [m.type for m in result["messages"]] == ["human", "ai"] * 2
    assert {c["turn"] for c in result["candidates"]} == {2}


class WithoutItsEnd(InMemorySaver):
    """Fails to save the checkpoint after `finish`, once it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = [True]  # a list, because LangGraph copies its saver

    async def aput(self, config: Any, checkpoint: Any, metadata: Any, versions: Any) -> Any:
        if self.fails[0] and len(checkpoint["channel_values"].get("messages", [0])) % 2 == 0:
            raise StoppedError
        return await super().aput(config, checkpoint, metadata, versions)


@pytest.fixture
async def cut_off() -> dict[str, Any]:
    """A thread with an answer, broken off before the checkpoint that holds it."""
    saver = WithoutItsEnd()
    place = {"checkpointer": saver, "thread_id": "t"}
    with pytest.raises(StoppedError):
        await tpo.aalign(QUERY, policy=says(), **place, **OPTIONS)
    saver.fails[0] = False
    return place


async def test_the_same_prompt_gets_the_answer_that_was_there(cut_off):
    model = says()
    result = await tpo.aalign(QUERY, policy=model, **cut_off, **OPTIONS)
    assert ([m.text for m in result["messages"]], model.asked) == ([QUERY, "better 2"], [])
    assert result["usage"]["total"]["requests"] == 4


async def test_another_prompt_follows_the_answer_that_was_there(cut_off):
    result = await tpo.aalign("And the sea?", policy=says(), **cut_off, **OPTIONS)
    said = [m.text for m in result["messages"]]
    assert said == [QUERY, "better 2", "And the sea?", "better 2"]
    assert {c["turn"] for c in result["candidates"]} == {2}


async def test_a_run_without_any_candidate_is_tried_again(place):
    with pytest.raises(tpo.NoCandidateError):
        await tpo.aalign(QUERY, policy=says(sample=ConnectionError("down")), **place, **OPTIONS)
    result = await tpo.aalign(QUERY, policy=says(), **place, **OPTIONS)
    assert [m.text for m in result["messages"]] == [QUERY, "better 2"]
    assert result["usage"]["total"]["requests"] == 4


async def test_another_prompt_is_refused_and_leaves_the_run_as_it_was(place):
    await stopped(place)
    model = says()
    with pytest.raises(tpo.InputError, match="holds an unfinished run") as refused:
        await tpo.aalign("And the sea?", policy=model, **place, **OPTIONS)
    assert "RemoveMessage('" in str(refused.value)
    assert model.asked == []
    result = await tpo.aalign(QUERY, policy=model, **place, **OPTIONS)
    assert [m.text for m in result["messages"]] == [QUERY, result["answer"]]


async def test_an_unfinished_query_can_be_given_up(place):
    await stopped(place, [HumanMessage(QUERY, id="q")])
    new = [RemoveMessage(id="q"), HumanMessage("And the sea?")]
    result = await tpo.aalign(new, policy=says(), **place, **OPTIONS)
    assert [m.text for m in result["messages"]] == ["And the sea?", result["answer"]]
    assert len(result["candidates"]) == 6


async def test_a_failed_turn_tells_nothing_of_the_one_before(place):
    await tpo.aalign("before", policy=says(), **place, **OPTIONS)
    down = says(sample=ConnectionError("down"))
    with pytest.raises(tpo.NoCandidateError) as failed:
        await tpo.aalign(QUERY, policy=down, **place, **OPTIONS)
    partial = failed.value.partial or {}
    assert not {"answer", "reward", "rounds", "stop_reason"} & partial.keys()
    assert partial["messages"][-1].text == QUERY
    assert partial["usage"]["total"]["requests"] == len(down.asked)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_of_two_calls_at_once_the_second_is_refused(kind, tmp_path):
    async def both(saver: Any) -> None:
        place: Any = {"checkpointer": saver, "thread_id": "t", **OPTIONS}
        model = says({"delay": 0.01})
        one = asyncio.create_task(tpo.aalign("one", policy=model, **place))
        await asyncio.sleep(0)
        with pytest.raises(tpo.InputError, match="a run is under way on the thread 't': wait"):
            await tpo.aalign("two", policy=says(), **place)
        elsewhere = await tpo.aalign("two", policy=says(), **{**place, "thread_id": "u"})
        assert elsewhere["messages"][0].text == "two"
        assert [m.text for m in (await one)["messages"]] == ["one", "better 2"]
        later = await tpo.aalign("two", policy=says(), **place)
        assert [m.text for m in later["messages"]][::2] == ["one", "two"]

    if kind == "memory":
        await both(InMemorySaver())
        return
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "runs.sqlite")) as saver:
        await both(saver)


async def test_a_thread_that_waits_for_a_person_is_refused(place):
    graph = tpo.build_tpo(says(), prefer_later, defaults=tpo.Context(depth=1, human_pick=True))
    app = graph.compile(checkpointer=place["checkpointer"])
    await app.ainvoke({"messages": [("user", QUERY)]}, {"configurable": {"thread_id": "t"}})
    with pytest.raises(tpo.InputError, match="waits for a person's choice: resume it with"):
        await tpo.aalign(QUERY, policy=says(), **place, **OPTIONS)


class ShallowMemorySaver(InMemorySaver):
    """Named like the savers that keep the newest checkpoint only."""


async def test_a_saver_without_history_is_refused_before_anything_is_paid():
    model, saver = says(), ShallowMemorySaver()
    with pytest.raises(tpo.ConfigError, match="keeps only the newest checkpoint"):
        await tpo.aalign(QUERY, policy=model, checkpointer=saver, thread_id="t", **OPTIONS)
    app = tpo.build_tpo(model, prefer_later).compile(checkpointer=saver)
    with pytest.raises(tpo.ConfigError, match="keeps only the newest"):
        await app.ainvoke({"messages": [("user", QUERY)]}, {"configurable": {"thread_id": "t"}})
    assert model.asked == []


class Unsaved:
    """An object that no saver can write."""


async def test_an_artifact_that_cannot_be_saved_does_not_stop_a_run():
    call = {"name": "weather", "args": {}, "id": "c"}
    found = ToolMessage("22", tool_call_id="c", artifact=Unsaved())
    turns = [HumanMessage("Warm?"), AIMessage("", tool_calls=[call]), found]
    result = await tpo.aalign(turns, policy=says(), **OPTIONS)
    assert [m.text for m in result["messages"]] == ["Warm?", "", "22", "better 2"]
    assert isinstance(found.artifact, Unsaved)


async def test_content_that_cannot_be_saved_is_refused_in_one_sentence():
    turns = [HumanMessage([{"type": "text", "text": "What is it?"}, {"type": "x", "x": Unsaved()}])]
    with pytest.raises(tpo.InputError, match="holds an object that cannot be saved or sent"):
        await tpo.aalign(turns, policy=says(), **OPTIONS)


async def test_every_message_of_one_id_reaches_the_policy():
    turns = [
        HumanMessage("2+2?", id="a"),
        AIMessage("4", id="run-1"),
        HumanMessage("3+3?", id="a"),
        AIMessage("6", id="run-1"),
        RemoveMessage(id="a"),
        HumanMessage("4+4?", id="b"),
    ]
    model = says()
    await tpo.aalign(turns, policy=model, **OPTIONS)
    assert [m.text for m in model.asked[0].messages] == ["4", "3+3?", "6", "4+4?"]


@pytest.mark.parametrize("kind", [tpo.Context, dict])
async def test_settings_may_be_given_as_a_whole_and_single_ones_win(kind):
    more = {"reward": prefer_later, "retries": 0}
    result = await tpo.aalign(QUERY, policy=says(), context=kind(depth=2, width=3), **more)
    assert (len(result["rounds"]), len(result["candidates"])) == (3, 9)
    result = await tpo.aalign(QUERY, policy=says(), context=kind(depth=2, width=3), depth=0, **more)
    assert (len(result["rounds"]), len(result["candidates"])) == (1, 3)


@pytest.mark.parametrize(
    ("context", "said"),
    [(3, "context is int: give Context"), ({"dept": 1}, "unknown setting dept")],
)
async def test_settings_of_another_form_are_refused(context, said):
    with pytest.raises(tpo.ConfigError, match=said):
        await tpo.aalign(QUERY, policy=says(), reward=prefer_later, context=context)


class CountingSerializer(JsonPlusSerializer):
    """Counts what is read from the saved thread; a graph has a copy of it."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        self.read.append(data[0])
        return super().loads_typed(data)


async def test_a_state_is_read_from_the_last_few_turns(tmp_path):
    """Else each read takes the messages of every checkpoint since the first turn."""
    counting, reads = CountingSerializer(), []
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "t.sqlite")) as saver:
        saver.serde = counting
        app: Any = tpo.build_tpo(says(), prefer_later).compile(checkpointer=saver)
        for turn in range(16):
            result = await tpo.aalign(
                [HumanMessage(f"question {turn}")],
                policy=says(),
                checkpointer=saver,
                thread_id="t",
                **OPTIONS,
            )
            counting.read.clear()
            state = await app.aget_state({"configurable": {"thread_id": "t"}})
            reads.append(len(counting.read))
            assert state.values["candidates"] == result["candidates"]
            assert state.values["rounds"] == result["rounds"]
    assert 0 < max(reads) <= 5 * reads[0], reads  # at depth 1, 20 updates are five turns
