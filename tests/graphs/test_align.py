"""One call: sync and async, inside and outside a loop, with events, with errors."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, SystemMessage
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from steps import QUERY, prefer_later, run, says

import tpo

OPTIONS: Any = {"reward": prefer_later, "depth": 1, "width": 3, "retries": 0}


def test_the_result_is_whole_and_no_more():
    result = run()
    assert result.keys() == tpo.Aligned.__annotations__.keys()
    assert (result["answer"], result["reward"]) == ("better 2", 12.0)
    assert result["stop_reason"] == "depth"
    assert [(m.type, m.text) for m in result["messages"]] == [("human", QUERY), ("ai", "better 2")]
    assert [len(result["candidates"]), len(result["rounds"])] == [6, 2]


def test_the_result_says_what_it_gained_and_where_it_comes_from():
    result = run(says(), seed=7)
    assert result["gain"] is not None
    assert (result["gain"]["best_first"], result["gain"]["best_update"]) == (2.0, 12.0)
    made = result["provenance"]
    assert (made["query"], made["seed"], made["ranked_by"]) == (QUERY, 7, "prefer_later")
    assert (made["policy"], made["critic"]) == ("ScriptedModel", "ScriptedModel")
    assert made["settings"]["depth"] == 1
    again = json.loads(json.dumps(tpo.as_json(result)))
    assert again["messages"][-1] == {"role": "assistant", "content": "better 2"}


def test_provenance_names_all_of_several_policies():
    made = tpo.align(QUERY, policies=[says(), says()], reward=prefer_later, depth=0)["provenance"]
    assert made["policy"] == "ScriptedModel, ScriptedModel"
    assert made["settings"]["policies"] == ["ScriptedModel", "ScriptedModel"]


def test_provenance_names_prompts_that_were_given_as_texts():
    made = run(says(), depth=0, prompts={"loss_system": "Be terse."})["provenance"]
    assert made["settings"]["prompts"] == "default*"


def test_provenance_holds_no_login():
    spec = "openai:m@http://user:hidden@127.0.0.1:9/v1"
    result = run(says(), critic=spec, depth=0)
    assert "hidden" not in json.dumps(tpo.as_json(result))


async def test_async_and_sync_are_the_same_inside_a_running_loop():
    mine = await tpo.aalign(QUERY, policy=says(), **OPTIONS)
    blocking = run()  # blocks this loop, as sync code does, and still ends
    threaded = await asyncio.to_thread(run)
    assert mine["candidates"] == blocking["candidates"] == threaded["candidates"]


def test_sync_calls_from_several_threads_do_not_mix():
    results: list[Any] = [None] * 6

    def work(i: int) -> None:
        results[i] = run(says(sample=lambda k: f"first {i}{k}"), depth=0)["answer"]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [f"first {i}2" for i in range(6)]


@pytest.mark.parametrize(
    "prompt",
    [
        QUERY,
        [("user", QUERY)],
        [{"role": "user", "content": QUERY}],
        [HumanMessage(QUERY)],
        (("user", QUERY),),
    ],
)
def test_prompts_in_every_usual_form(prompt):
    model = says()
    result = tpo.align(prompt, policy=model, **OPTIONS)
    assert result["answer"] == "better 2"
    assert [m.text for m in model.asked[0].messages] == [QUERY]


def test_a_conversation_reaches_the_policy_whole():
    model = says()
    turns = [SystemMessage("Be brief."), HumanMessage("one"), AIMessage("1"), HumanMessage("two")]
    result = tpo.align(turns, policy=model, **OPTIONS)
    assert [m.text for m in model.asked[0].messages] == ["Be brief.", "one", "1", "two"]
    assert [m.type for m in result["messages"]] == ["system", "human", "ai", "human", "ai"]


@pytest.mark.parametrize(
    ("prompt", "knobs", "kind", "said"),
    [
        ("", {}, tpo.InputError, "the prompt is empty"),
        ([], {}, tpo.InputError, "there is no human turn"),
        ([AIMessage("x")], {}, tpo.InputError, "there is no human turn"),
        (
            [RemoveMessage(id="x"), HumanMessage("y")],
            {},
            tpo.InputError,
            "no message 'x' to remove",
        ),
        ({"role": "user"}, {}, tpo.InputError, "a list of chat messages"),
        (
            ["one?", "two?"],
            {},
            tpo.InputError,
            "a list of 2 texts is not one conversation: for an answer to each of them call tpo.bat",
        ),
        (
            QUERY,
            {"dept": 1},
            tpo.ConfigError,
            "unknown setting dept. Did you mean depth? Valid settings: mode, depth",
        ),
        (QUERY, {"depth": 99}, tpo.ConfigError, "depth: input should be less than or equal to 20"),
        (
            QUERY,
            {"reward": "nonsense"},
            tpo.SpecError,
            "unknown reward 'nonsense'. Valid rewards: heuristic",
        ),
        (QUERY, {"reward": 3}, tpo.ConfigError, "int is not a reward"),
        (QUERY, {"policy": "gpt"}, tpo.SpecError, "unknown policy 'gpt'. Valid forms"),
        (QUERY, {"policy": 3}, tpo.ConfigError, "int cannot be a policy"),
        (QUERY, {"critic": "gpt"}, tpo.SpecError, "unknown policy 'gpt'"),
        (QUERY, {"prompts": "x"}, tpo.PromptError, "there is no prompt set 'x'; choose default or"),
        (
            QUERY,
            {"prompts": {"loss": "x"}},
            tpo.PromptError,
            "prompt 'loss': the prompt lacks {q",
        ),
        (QUERY, {"human_pick": True}, tpo.ConfigError, "human_pick pauses the run"),
    ],
)
def test_what_cannot_be_right_costs_nothing_and_is_one_sentence(prompt, knobs, kind, said):
    model = says()
    with pytest.raises(tpo.TPOError) as caught:
        tpo.align(prompt, **{"policy": model, **OPTIONS, **knobs})
    assert isinstance(caught.value, kind)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert model.asked == []


async def test_only_what_is_in_the_thread_can_be_removed():
    thread: Any = {"checkpointer": InMemorySaver(), "thread_id": "t"}
    turn: Any = {**thread, **OPTIONS, "depth": 0}
    first = await tpo.aalign([HumanMessage("one", id="h")], policy=says(), **turn)
    model = says()
    for unknown in ("nope", "one"):
        with pytest.raises(tpo.InputError, match=f"there is no message '{unknown}' to remove"):
            await tpo.aalign([RemoveMessage(id=unknown), HumanMessage("x")], policy=model, **turn)
    assert model.asked == []
    answer = RemoveMessage(id=str(first["messages"][1].id))
    second = await tpo.aalign([answer, HumanMessage("two")], policy=model, **turn)
    assert [m.text for m in second["messages"]] == ["one", "two", second["answer"]]


def test_events_come_in_order_while_it_runs():
    events: list[Any] = []
    threads = set()

    def on_event(event: Any) -> None:
        events.append(event)
        threads.add(threading.current_thread())

    result = run(on_event=on_event, live=False)
    kinds = [e["type"].removeprefix("tpo.") for e in events]
    plain = [k for k in kinds if k not in {"request_started", "request_finished"}]
    ranked = ["candidate"] * 3 + ["reward"] * 3 + ["round"]
    assert plain == ["run_started", *ranked, "loss", "gradient", *ranked, "stop", "final"]
    assert events[-1]["answer"] == result["answer"]
    assert threading.main_thread() not in threads


def test_what_on_event_raises_ends_the_run_and_is_raised():
    model = says()

    def on_event(event: Any) -> None:
        if event["type"] == "tpo.round":
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(model, on_event=on_event)
    assert len(model.asked) < 4


@pytest.mark.parametrize(
    ("steps", "reward", "asked"),
    [({}, lambda q, a: None, 3), ({"sample": ""}, prefer_later, 3)],
)
def test_an_error_carries_what_was_paid_for(steps, reward, asked):
    with pytest.raises(tpo.TPOError) as caught:
        run(says(**steps), reward=reward, sampling="parallel")
    assert caught.value.partial is not None
    assert len(caught.value.partial["candidates"]) == asked
    assert caught.value.partial["usage"]["total"]["requests"] == asked


async def test_a_finished_thread_gets_a_new_turn_with_its_history():
    model, saver = says(), InMemorySaver()
    for query in ("one", "two"):
        result = await tpo.aalign(
            query, policy=model, checkpointer=saver, thread_id="t", **{**OPTIONS, "depth": 0}
        )
    assert [m.text for m in model.asked[1].messages] == ["one", "first 2", "two"]
    assert {c["turn"] for c in result["candidates"]} == {2}
    assert result["usage"]["total"]["requests"] == 1
    assert len(result["rounds"]) == 1


async def test_cancelling_stops_asking():
    model = says({"delay": 0.05})
    call = asyncio.ensure_future(tpo.aalign(QUERY, policy=model, **{**OPTIONS, "depth": 9}))
    await asyncio.sleep(0.12)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    asked = len(model.asked)
    await asyncio.sleep(0.12)
    assert len(model.asked) == asked < 28


async def test_a_chain_around_a_run_does_not_limit_its_steps():
    """LangChain's chains allow 25 steps, which a run of seven rounds exceeds."""

    async def answer(query: str) -> tpo.Aligned:
        return await tpo.aalign(query, policy=says(), **{**OPTIONS, "depth": 7})

    assert len((await RunnableLambda(answer).ainvoke(QUERY))["rounds"]) == 8


class SlowSaver(InMemorySaver):
    """Takes a while to save, as a database does, and lists what it has not saved yet."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Any] = []  # LangGraph copies the saver: the copies share it

    async def aput(self, *record: Any) -> Any:
        self.waiting.append(record)
        await asyncio.sleep(0.1)
        self.waiting.pop()
        return await super().aput(*record)


async def test_a_step_is_saved_before_the_next_one_pays():
    saver, unsaved = SlowSaver(), []

    def count(k: int) -> str:
        unsaved.append(len(saver.waiting))
        return f"text {k}"

    model = says(loss=count, gradient=count)
    await tpo.aalign(QUERY, policy=model, checkpointer=saver, thread_id="t", **OPTIONS)
    assert unsaved == [0, 0]
