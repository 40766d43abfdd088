"""One contract, two servers: what `langgraph_sdk` gets from `langgraph dev` and `tpo serve`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from event_log import check
from langgraph_sdk import get_client
from langgraph_sdk.errors import ConflictError, NotFoundError
from patience import PATIENCE, until

pytestmark = pytest.mark.loopback

INPUT = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
CONTEXT = {"depth": 1, "width": 3, "seed": 1}
MODES = ["values", "updates", "custom", "messages-tuple", "tasks", "checkpoints", "debug"]
SLOW = {**CONTEXT, "depth": 12, "sampling": "parallel"}


@pytest.fixture
async def client(server: Any, models: Any) -> AsyncIterator[Any]:
    models.forget()
    async with get_client(url=server.url, api_key=None, timeout=60) as made:
        yield made


@pytest.fixture
async def thread(client: Any) -> str:
    return (await client.threads.create(metadata={"for": "a test"}))["thread_id"]


async def settled(client: Any, thread: str, run: str) -> str:
    """Return the status of a run once it has ended."""
    async with asyncio.timeout(PATIENCE):
        while (status := (await client.runs.get(thread, run))["status"]) in {"pending", "running"}:
            await asyncio.sleep(0.02)
    return status


async def test_the_server_says_that_it_is_there(server):
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as http:
        assert (await http.get("/ok")).json()["ok"] is True
        info = (await http.get("/info")).json()
    assert {"version", "flags"} <= info.keys()
    assert info["flags"]["assistants"] is True


async def test_assistants_and_their_schemas(client):
    found = {a["graph_id"]: a for a in await client.assistants.search()}
    assert set(found) >= {"tpo", "best_of_n", "revision"}
    (only,) = await client.assistants.search(graph_id="tpo")
    assert (await client.assistants.get(only["assistant_id"]))["graph_id"] == "tpo"
    schemas = await client.assistants.get_schemas(only["assistant_id"])
    assert {"input_schema", "output_schema", "state_schema", "context_schema"} <= schemas.keys()
    depth = schemas["context_schema"]["properties"]["depth"]
    assert (depth["title"], depth["default"], depth["maximum"]) == ("Depth", 2, 20)
    drawn = await client.assistants.get_graph(only["assistant_id"])
    assert [n["id"] for n in drawn["nodes"]][1:-1] == [
        "sample",
        "rank",
        "choose",
        "loss",
        "gradient",
        "update",
        "finish",
    ]
    with pytest.raises(NotFoundError):
        await client.assistants.get("00000000-0000-4000-8000-000000000000")


async def test_a_run_in_every_mode(client, thread):
    parts = [
        part
        async for part in client.runs.stream(
            thread, "tpo", input=INPUT, context=CONTEXT, stream_mode=MODES
        )
    ]
    counts = Counter(part.event for part in parts)
    assert (parts[0].event, counts["metadata"], counts["messages"]) == ("metadata", 1, 1)
    assert parts[0].data["attempt"] == 1
    assert all(counts[m.removesuffix("-tuple")] for m in MODES)
    assert counts["error"] == 0
    events = [part.data for part in parts if part.event == "custom"]
    check(events)
    final = events[-1]
    (reply,) = [part.data for part in parts if part.event == "messages"]
    assert reply[0]["content"] == final["answer"]
    values = [part.data for part in parts if part.event == "values"]
    assert values[-1]["answer"] == final["answer"]
    assert [m["type"] for m in values[-1]["messages"]] == ["human", "ai"]
    saved = next(part.data for part in parts if part.event == "checkpoints")
    assert saved["config"]["configurable"]["thread_id"] == thread
    assert {"checkpoint", "task", "task_result"} == {
        part.data["type"] for part in parts if part.event == "debug"
    }
    steps = [name for p in parts if p.event == "updates" for name in p.data]
    nodes = [name for name in steps if not name.startswith("request_")]
    assert nodes == ["sample", "rank", "loss", "gradient", "update", "rank", "finish"]


async def test_messages_in_their_older_form(client, thread):
    parts = [
        part
        async for part in client.runs.stream(
            thread, "tpo", input=INPUT, context={**CONTEXT, "depth": 0}, stream_mode="messages"
        )
    ]
    assert [p.event for p in parts] == ["metadata", "messages/metadata", "messages/complete"]
    assert parts[-1].data[0]["type"] == "ai"


async def test_threads_are_kept_searched_and_forgotten(client, thread):
    result = await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    found = await client.threads.get(thread)
    assert (found["status"], found["values"]["answer"]) == ("idle", result["answer"])
    assert found["metadata"]["for"] == "a test"
    assert found["metadata"]["graph_id"] == "tpo"
    await client.threads.update(thread, metadata={"title": "sky"})
    (only,) = await client.threads.search(metadata={"title": "sky"}, ids=[thread])
    assert (only["thread_id"], only["metadata"]["for"]) == (thread, "a test")
    assert await client.threads.search(metadata={"title": "no"}) == []
    (run,) = await client.runs.list(thread)
    assert (run["status"], run["thread_id"]) == ("success", thread)
    copy = await client.threads.copy(thread)
    assert (await client.threads.get_state(copy["thread_id"]))["values"] == result
    await client.threads.delete(thread)
    with pytest.raises(NotFoundError):
        await client.threads.get(thread)
    assert (await client.threads.get_state(copy["thread_id"]))["values"] == result
    same = await client.threads.create(thread_id=thread)
    assert same["thread_id"] == thread
    with pytest.raises(ConflictError):
        await client.threads.create(thread_id=thread)
    await client.threads.create(thread_id=thread, if_exists="do_nothing")


async def test_a_second_question_on_a_thread(client, thread):
    first = await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    second = await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    assert len(second["messages"]) == 4
    assert second["turn"] == 2
    assert {c["turn"] for c in second["candidates"]} == {2}
    assert first["candidates"] != second["candidates"]


async def test_history_state_and_a_fork(client, thread, models):
    await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    history = await client.threads.get_history(thread, limit=50)
    assert [c["next"] for c in history][:2] == [[], ["finish"]]
    (newest,) = await client.threads.get_history(thread, limit=1)
    assert newest["checkpoint"] == history[0]["checkpoint"]
    before = {"configurable": history[1]["checkpoint"]}
    older = await client.threads.get_history(thread, before=before)
    assert older[0]["checkpoint"] == history[2]["checkpoint"]
    there = next(c for c in history if c["next"] == ["update"])
    state = await client.threads.get_state(thread, checkpoint=there["checkpoint"])
    assert state["values"] == there["values"]
    assert state["parent_checkpoint"] == there["parent_checkpoint"]
    models.forget()
    edited = {"turn": 1, "round": 0, "gradient": "Say it in one word."}
    fork = await client.threads.update_state(
        thread, {"rounds": [edited]}, checkpoint=there["checkpoint"], as_node="gradient"
    )
    assert (await client.threads.get_state(thread))["next"] == ["update"]
    out = await client.runs.wait(
        thread, "tpo", input=None, context=CONTEXT, checkpoint=fork["checkpoint"]
    )
    assert len(models.asked) == 1
    assert "Say it in one word." in models.asked[0].body["messages"][-1]["content"]
    assert out["rounds"][0]["gradient"] == "Say it in one word."


async def test_a_replay_from_a_checkpoint_of_the_past(client, thread, models):
    first = await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    history = await client.threads.get_history(thread, limit=50)
    there = next(c for c in history if c["next"] == ["loss"])
    models.forget()
    out = await client.runs.wait(
        thread, "tpo", input=None, context={**CONTEXT, "seed": 2}, checkpoint=there["checkpoint"]
    )
    assert len(models.asked) == 3  # loss, gradient, update
    assert out["candidates"][:3] == first["candidates"][:3]
    assert out["candidates"][3:] != first["candidates"][3:]


async def test_a_person_picks(client, thread):
    context = {**CONTEXT, "human_pick": True}
    paused = await client.runs.wait(thread, "tpo", input=INPUT, context=context)
    (pause,) = paused["__interrupt__"]
    assert {"chosen", "rejected", "stop"} <= pause["response_schema"]["properties"].keys()
    found = await client.threads.get(thread)
    assert found["status"] == "interrupted"
    (waiting,) = found["interrupts"].values()
    assert waiting[0]["value"] == pause["value"]
    state = await client.threads.get_state(thread)
    assert (state["next"], state["tasks"][0]["interrupts"][0]["id"]) == (["choose"], pause["id"])
    worst = pause["value"]["candidates"][-1]
    answer = {"resume": {"chosen": worst["id"], "stop": True}}
    out = await client.runs.wait(thread, "tpo", command=answer, context=context)
    assert (out["answer"], out["stop_reason"]) == (worst["text"], "human")
    assert (await client.threads.get(thread))["status"] == "idle"


async def test_breakpoints(client, thread):
    await client.runs.wait(
        thread, "tpo", input=INPUT, context=CONTEXT, interrupt_before=["gradient"]
    )
    assert (await client.threads.get_state(thread))["next"] == ["gradient"]
    assert (await client.threads.get(thread))["status"] == "interrupted"
    out = await client.runs.wait(thread, "tpo", input=None, context=CONTEXT)
    assert out["stop_reason"] == "depth"


async def test_a_late_reader_gets_every_event(client, thread):
    run = await client.runs.create(
        thread,
        "tpo",
        input=INPUT,
        context=CONTEXT,
        stream_mode=["custom"],
        stream_resumable=True,
    )
    everything = [
        part async for part in client.runs.join_stream(thread, run["run_id"], last_event_id="-1")
    ]
    check([part.data for part in everything if part.event == "custom"])
    half = len(everything) // 2
    rest = [
        part
        async for part in client.runs.join_stream(
            thread, run["run_id"], last_event_id=everything[half].id
        )
    ]
    told = [part.data for part in everything[half:]]
    assert [part.data for part in rest if part.data not in told] == []
    assert rest[-1].data == everything[-1].data
    result = await client.runs.join(thread, run["run_id"])
    assert result["answer"] == everything[-1].data["answer"]


async def test_cancel(client, thread, models, monkeypatch):
    monkeypatch.setattr(models, "delay", 2 * PATIENCE)  # so the first requests are under way
    run = await client.runs.create(thread, "tpo", input=INPUT, context=SLOW)
    await until(lambda: len(models.at_work) == SLOW["width"])
    await client.runs.cancel(thread, run["run_id"], wait=True)
    assert await settled(client, thread, run["run_id"]) == "interrupted"
    await until(lambda: not models.at_work)  # they are given up
    await asyncio.sleep(0.3)
    assert [asked.finished for asked in models.asked] == [False] * SLOW["width"]


async def test_impatient_clients_cancel_more_than_once(client, thread, models):
    run = await client.runs.create(thread, "tpo", input=INPUT, context=SLOW)
    while not models.asked:
        await asyncio.sleep(0.01)
    clicks = [client.runs.cancel(thread, run["run_id"], wait=True) for _ in range(8)]
    await asyncio.gather(*clicks, return_exceptions=True)  # a late one finds nothing to cancel
    assert await settled(client, thread, run["run_id"]) == "interrupted"
    async with asyncio.timeout(PATIENCE):
        while (await client.threads.get(thread))["status"] == "busy":
            await asyncio.sleep(0.05)


async def test_one_run_of_a_thread_at_a_time(client, thread):
    first = await client.runs.create(thread, "tpo", input=INPUT, context=SLOW)
    with pytest.raises(ConflictError):
        await client.runs.create(
            thread, "tpo", input=INPUT, context=CONTEXT, multitask_strategy="reject"
        )
    second = await client.runs.create(
        thread, "tpo", input=INPUT, context=CONTEXT, multitask_strategy="enqueue"
    )
    await client.runs.cancel(thread, first["run_id"], wait=True)
    assert await settled(client, thread, second["run_id"]) == "success"


async def test_runs_without_a_thread(client):
    out = await client.runs.wait(None, "tpo", input=INPUT, context=CONTEXT)
    assert out["answer"]
    parts = [
        part.event
        async for part in client.runs.stream(
            None, "best_of_n", input=INPUT, context={"width": 2}, stream_mode="values"
        )
    ]
    assert parts[0] == "metadata"
    assert set(parts[1:]) == {"values"}


async def test_a_run_that_fails_says_why(client, thread):
    blank = {"messages": [{"role": "user", "content": " "}]}
    parts = [
        part
        async for part in client.runs.stream(
            thread, "tpo", input=blank, context=CONTEXT, stream_mode="custom"
        )
    ]
    assert parts[-1].event == "error"
    assert parts[-1].data["error"] == "InputError"
    assert "the prompt is empty" in parts[-1].data["message"]
    assert (await client.threads.get(thread))["status"] == "error"
    (run,) = await client.runs.list(thread)
    assert run["status"] == "error"


async def test_what_is_not_there(client):
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(NotFoundError):
        await client.threads.get(nobody)
    with pytest.raises(NotFoundError):
        await client.runs.create(nobody, "tpo", input=INPUT)
    made = await client.runs.create(nobody, "best_of_n", input=INPUT, if_not_exists="create")
    assert await settled(client, nobody, made["run_id"]) == "success"
    await client.threads.delete(nobody)
