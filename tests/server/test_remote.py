"""A deployed graph, used from other processes: RemoteGraph, lost connections, cancelling."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from event_log import check, each_once, places
from langgraph.pregel.remote import RemoteGraph
from langgraph_sdk import get_sync_client

pytestmark = pytest.mark.loopback

INPUT = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
CONTEXT = {"depth": 1, "width": 3, "seed": 1}

WATCHER = """
import asyncio, json, sys
from langgraph_sdk import get_client

async def main():
    url, thread, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    client = get_client(url=url, api_key=None)
    question = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
    async for part in client.runs.stream(
        thread, "tpo", input=question, context=settings, stream_mode="custom",
        stream_resumable=True, on_disconnect="continue",
    ):
        print(json.dumps({"id": part.id, "event": part.event, "data": part.data}), flush=True)

asyncio.run(main())
"""


@pytest.fixture
def tpo(client: Any, dev: Any) -> Iterator[RemoteGraph]:
    with get_sync_client(url=dev.url, api_key=None) as sync_client:
        yield RemoteGraph("tpo", client=client, sync_client=sync_client)


async def test_the_remote_graph_is_the_graph(client, tpo, thread, models):
    config = {"configurable": {"thread_id": thread}}
    modes = ["custom", "updates"]
    parts = [
        part
        async for part in tpo.astream(
            INPUT, config, context=CONTEXT, stream_mode=modes, version="v2"
        )
    ]
    events = [part["data"] for part in parts if part["type"] == "custom"]
    check(events)
    state = await tpo.aget_state(config)
    assert state.values["answer"] == events[-1]["answer"]
    assert {name for p in parts if p["type"] == "updates" for name in p["data"]} > {"sample"}
    drawn = tpo.get_graph()
    assert set(drawn.nodes) > {"sample", "rank", "loss", "gradient", "update", "finish"}

    history = [s async for s in tpo.aget_state_history(config)]
    before = next(s for s in history if s.next == ("update",))
    edited = {"turn": 1, "round": 0, "gradient": "In one word."}
    fork = await tpo.aupdate_state(before.config, {"rounds": [edited]}, as_node="gradient")
    models.forget()
    done = await tpo.ainvoke(None, fork, context=CONTEXT)
    assert done["rounds"][0]["gradient"] == "In one word."
    assert len(done["candidates"]) == 6
    assert len(models.asked) == 1


async def test_a_killed_watcher_is_replaced_by_another_process(client, dev, thread, slow):
    """The first is killed in the middle; the run goes on; another sees every event, once."""
    settings = {**CONTEXT, "policy": slow, "critic": slow}
    command = [sys.executable, "-c", WATCHER, dev.url, thread, json.dumps(settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout
        seen = []
        for line in watcher.stdout:
            part = json.loads(line)
            seen += [part] if part["event"] == "custom" else []
            if seen and seen[-1]["data"]["type"] == "tpo.round":
                break
        watcher.kill()
    (run,) = await client.runs.list(thread)
    assert run["status"] in {"running", "pending"}

    async def join(since: str) -> list[Any]:
        return [
            part.data
            async for part in each_once(
                client.runs.join_stream(thread, run["run_id"], last_event_id=since)
            )
            if part.event == "custom"
        ]

    # This server numbers events by the millisecond: those of the last one are asked for again.
    known = [part for part in seen if part["id"] != seen[-1]["id"]]
    rest = await join(known[-1]["id"])
    whole = await join("-1")
    check(whole)
    assert [part["data"] for part in seen] == whole[: len(seen)]
    assert [part["data"] for part in known] + rest == whole
    state = (await client.threads.get_state(thread))["values"]
    assert whole[-1]["usage"] == state["usage"]
    assert len(places(whole, "candidate")) == 6


@pytest.mark.parametrize("how", ["cancel", "leave"])
async def test_cancelled_or_left_and_gone_on_with(client, thread, slow, how):
    settings = {**CONTEXT, "depth": 2, "policy": slow, "critic": slow}
    left = {"on_disconnect": "cancel"} if how == "leave" else {}
    stream = client.runs.stream(
        thread, "tpo", input=INPUT, context=settings, stream_mode="custom", **left
    )
    async for part in stream:
        if part.event == "custom" and part.data["type"] == "tpo.round":
            break
    await stream.aclose()
    (run,) = await client.runs.list(thread)
    if how == "cancel":
        await client.runs.cancel(thread, run["run_id"], wait=True)
    else:
        await client.runs.join(thread, run["run_id"])
    assert (await client.runs.get(thread, run["run_id"]))["status"] == "interrupted"
    before = (await client.threads.get_state(thread))["values"]
    assert not before.get("answer")

    events = [
        part.data
        async for part in client.runs.stream(
            thread, "tpo", input=None, context=settings, stream_mode="custom"
        )
        if part.event == "custom"
    ]
    check(events)
    drawn = [e["candidate"]["id"] for e in events if e["type"] == "tpo.candidate"]
    assert drawn == [f"r{r}c{i}" for r in (1, 2) for i in range(3)]
    state = (await client.threads.get_state(thread))["values"]
    assert state["candidates"][:3] == before["candidates"]
    assert state["stop_reason"] == "depth"
