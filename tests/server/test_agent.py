"""An agent with the middleware on `langgraph dev`, driven by the SDK as a frontend drives it."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from dev_server import DevServer
from event_log import check
from javascript import node
from langgraph_sdk import get_client

pytestmark = pytest.mark.loopback

AGENTS = Path(__file__).parents[1] / "fakes" / "served_agent.json"
MODES = ["messages-tuple", "updates", "custom", "values"]


def question(text: str = "Is it warm in Rome?") -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    if not find_spec("langgraph_cli") or not find_spec("langgraph_api"):
        pytest.skip("langgraph-cli[inmem] is not installed: pip install 'tpo[studio]'")
    with DevServer(tmp_path_factory.mktemp("agents"), config=AGENTS) as server:
        yield server


@pytest.fixture
async def client(agents: DevServer) -> AsyncIterator[Any]:
    """A client of the server; the server's log must show no error and nothing that blocks."""
    start = agents.log.stat().st_size
    async with get_client(url=agents.url, api_key=None, timeout=60) as made:
        yield made
    entries = agents.entries(start)
    assert [e for e in entries if "Blocking" in str(e)] == []
    assert [e for e in entries if e.get("level") in {"error", "critical"}] == []


@pytest.fixture
async def thread(client: Any) -> str:
    return str((await client.threads.create())["thread_id"])


def outcome(state: Any) -> Any:
    message = state["messages"][-1]
    return message["content"], message["response_metadata"]["tpo"]["outcome"]


@pytest.mark.parametrize("subgraphs", [False, True], ids=["flat", "subgraphs"])
async def test_a_streamed_turn_shows_one_answer(client, thread, subgraphs):
    parts: dict[str, list[Any]] = defaultdict(list)
    async for part in client.runs.stream(
        thread, "agent", input=question(), stream_mode=MODES, stream_subgraphs=subgraphs
    ):
        parts[part.event].append(part.data)
    assert set(parts) == {"metadata", "messages", "updates", "custom", "values"}
    answer = parts["values"][-1]["messages"][-1]
    assert outcome(parts["values"][-1])[1] == "improved"
    said = [m["content"] for m, _ in parts["messages"] if m["type"] != "tool"]
    assert said == ["Let me look.", "Let me look.", answer["content"]]
    assert not re.search(r"\bfirst\b", str(parts["updates"]) + str(parts["messages"]))
    nodes = [list(update) for update in parts["updates"]]
    assert nodes == [["model"], ["tools"], ["model"], ["tools"], ["model"]]
    check(parts["custom"])
    assert parts["custom"][-1]["answer"] == answer["content"]
    state = await client.threads.get_state(thread)
    assert state["next"] == []
    assert "tpo_spent" not in parts["values"][-1]


async def test_turns_share_a_thread_and_a_call_brings_settings(client, thread):
    first = await client.runs.wait(thread, "agent", input=question())
    second = await client.runs.wait(
        thread, "agent", input=question("And in Oslo?"), context={"tpo": {"depth": 0, "width": 2}}
    )
    third = await client.runs.wait(thread, "agent", input=question("Bye."), context={"tpo": False})
    assert [m["type"] for m in third["messages"]].count("human") == 3
    pools = [s["messages"][-1]["response_metadata"]["tpo"] for s in (first, second, third)]
    assert [len(p.get("candidates", [])) for p in pools] == [6, 2, 0]
    assert pools[2]["reason"] == "context: switched off for this call"


async def test_a_client_that_left_joins_again(client, thread):
    """The stream is replayed from its start to one that comes back while it runs."""
    run = await client.runs.create(
        thread,
        "agent",
        input=question("Tell me slowly."),
        stream_mode=["custom", "messages-tuple"],
        stream_resumable=True,
    )
    left = client.runs.join_stream(thread, run["run_id"])
    async for part in left:
        if part.event == "custom" and part.data["type"] == "tpo.reward":
            break
    await left.aclose()
    parts = [
        part async for part in client.runs.join_stream(thread, run["run_id"], last_event_id="-1")
    ]
    events = [part.data for part in parts if part.event == "custom"]
    check(events)
    assert (events[0]["type"], events[-1]["type"]) == ("tpo.run_started", "tpo.final")
    texts = [part.data[0]["content"] for part in parts if part.event == "messages"]
    assert texts[-1] == events[-1]["answer"]


async def test_a_person_is_asked_and_the_answer_is_optimised(client, thread):
    paused = await client.runs.wait(thread, "careful", input=question())
    (interrupt,) = paused["__interrupt__"]
    assert interrupt["value"]["action_requests"][0]["name"] == "people"
    assert (await client.threads.get(thread))["status"] == "interrupted"
    state = await client.runs.wait(
        thread, "careful", command={"resume": {"decisions": [{"type": "approve"}]}}
    )
    text, how = outcome(state)
    assert (text.split()[0], how) == ("better", "improved")


async def test_cancelled_in_the_search_it_goes_on_where_it_was(client, thread):
    run = await client.runs.create(
        thread,
        "agent",
        input=question("Tell me slowly."),
        stream_mode="custom",
        stream_resumable=True,
    )
    async for part in client.runs.join_stream(thread, run["run_id"], last_event_id="-1"):
        if part.event == "custom" and part.data["type"] == "tpo.gradient":
            break
    await client.runs.cancel(thread, run["run_id"], wait=True)
    assert (await client.runs.get(thread, run["run_id"]))["status"] == "interrupted"
    state = await client.threads.get_state(thread)
    assert state["next"] == ["model"]

    events = [
        part.data
        async for part in client.runs.stream(thread, "agent", input=None, stream_mode="custom")
        if part.event == "custom"
    ]
    asked = [e["phase"] for e in events if e["type"] == "tpo.request_started"]
    assert set(asked) == {"update"}  # not the draft, the samples, the loss or the gradient
    state = await client.threads.get_state(thread)
    assert outcome(state["values"])[1] == "improved"


async def test_the_thread_protocol_shows_the_search_and_no_draft(client):
    """What the newer frontends speak. This server streams what models say, not what nodes
    return: there the answer is in the values."""
    parts: dict[str, list[Any]] = defaultdict(list)

    async def listen(session: Any) -> None:
        async for event in session.events:
            method, params = event["method"], event["params"]
            parts[method].append(params["data"])
            ended = method == "lifecycle" and params["data"]["event"] in {"completed", "failed"}
            if ended and not params.get("namespace"):
                return

    async with client.threads.stream(assistant_id="agent") as session:
        listener = asyncio.create_task(listen(session))
        await session.run.start(input=question())
        async with asyncio.timeout(30):
            state = await session.output
            await listener
    text, how = outcome(state)
    assert how == "improved"
    assert parts["values"][-1]["messages"][-1]["content"] == text
    assert not re.search(r"\bfirst\b", str(parts["messages"]) + str(parts["values"]))
    check(parts["custom"])
    assert parts["custom"][-1]["answer"] == text


def test_the_same_in_javascript(agents):
    said = node("--test", "--test-reporter=tap", "served_agent.mjs", TPO_URL=agents.url)
    assert "\n# fail 0\n" in said, said
    assert "\n# pass 5\n" in said
