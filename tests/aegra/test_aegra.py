"""The same graphs on an open server, with PostgreSQL, through the ordinary client."""

from __future__ import annotations

import signal
from collections import defaultdict
from typing import Any

import pytest
from event_log import check, places
from langgraph_sdk import get_client

pytestmark = [pytest.mark.loopback, pytest.mark.postgres]

INPUT = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
CONTEXT = {"depth": 1, "width": 3, "seed": 1}
# This version takes `input=None` for an empty input and begins anew; a command goes on.
GO_ON: Any = {"input": None, "command": {"update": {"halt": None}}}


async def streamed(client: Any, thread: str, until: str = "", **options: Any) -> Any:
    options = {"input": INPUT, "context": CONTEXT, "stream_mode": ["custom", "updates"], **options}
    parts: dict[str, list[Any]] = defaultdict(list)
    async for part in client.runs.stream(thread, "tpo", **options):
        assert part.event != "error", part.data
        parts[part.event].append(part.data)
        if part.event == "custom" and part.data["type"] == until:
            break
    return parts


async def test_a_streamed_run_its_state_and_a_second_turn(client, thread, models):
    assert {a["graph_id"] for a in await client.assistants.search()} == {
        "tpo",
        "best_of_n",
        "revision",
    }
    parts = await streamed(client, thread)
    check(parts["custom"])
    assert len(places(parts["custom"], "candidate")) == 6
    assert {"sample", "rank", "update"} < {name for u in parts["updates"] for name in u}
    values = (await client.threads.get_state(thread))["values"]
    assert values["answer"] == parts["custom"][-1]["answer"]
    assert values["answer"] in models.texts
    again = {"messages": [{"role": "user", "content": "And at night?"}]}
    second = await streamed(client, thread, input=again)
    check(second["custom"])
    values = (await client.threads.get_state(thread))["values"]
    assert (values["turn"], len(values["candidates"])) == (2, 6)


async def test_a_person_picks(client, thread):
    settings = {**CONTEXT, "human_pick": True}
    await streamed(client, thread, context=settings)
    assert (await client.threads.get(thread))["status"] == "interrupted"
    state = await client.threads.get_state(thread)
    shown = state["tasks"][0]["interrupts"][0]["value"]["candidates"]
    resume = {"resume": {"chosen": shown[-1]["id"], "stop": True}}
    parts = await streamed(client, thread, input=None, command=resume, context=settings)
    assert parts["custom"][-1]["answer"] == shown[-1]["text"]
    assert (await client.threads.get_state(thread))["values"]["stop_reason"] == "human"


async def test_a_fork_with_an_edited_gradient(client, thread, models):
    await streamed(client, thread)
    history = await client.threads.get_history(thread, limit=50)
    before = next(s for s in history if s["next"] == ["update"])
    edited = {"turn": 1, "round": 0, "gradient": "Say it in one word."}
    fork = await client.threads.update_state(
        thread, {"rounds": [edited]}, checkpoint=before["checkpoint"], as_node="gradient"
    )
    models.forget()
    await streamed(client, thread, **GO_ON, checkpoint=fork["checkpoint"])
    assert len(models.asked) == 1
    assert "Say it in one word." in str(models.asked[0].body["messages"])


async def test_a_server_killed_in_mid_run_loses_nothing_paid(client, aegra, thread, models):
    models.delay = 0.3
    await streamed(client, thread, until="tpo.loss", context={**CONTEXT, "depth": 2})
    aegra.stop(signal.SIGKILL)
    aegra.start()
    async with get_client(url=aegra.url, api_key=None, timeout=60) as anew:
        rest = await streamed(anew, thread, **GO_ON, context={**CONTEXT, "depth": 2})
        check(rest["custom"])
        values = (await anew.threads.get_state(thread))["values"]
    assert values["stop_reason"] == "depth"
    drawn = {rest["custom"][i]["candidate"]["round"] for i in places(rest["custom"], "candidate")}
    assert drawn == {1, 2}  # the first samples were not asked for again
    # The one request in flight may have been asked twice.
    assert 0 <= len(models.asked) - values["usage"]["total"]["requests"] <= 1
