"""No key in any stream: not from the environment, a header, a reward or an error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from event_log import check, places
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langsmith._internal._serde import dumps_json
from loopback_server import Fault
from openai import DefaultAsyncHttpxClient

import tpo

pytestmark = pytest.mark.loopback

KEY = "sk-loopback-1234567890"
MODES = ["custom", "updates", "values", "messages", "tasks", "checkpoints", "debug"]


@dataclass(frozen=True)
class KeyedReward:
    """A reward that holds a key in the open, as a careless adapter would."""

    key: str = KEY
    name: str = "keyed"
    batch_size: int | None = None
    notice: str = ""

    async def score(self, messages: Any, answers: Any) -> list[tpo.Score]:
        return [tpo.scored(sum(answer.encode()) % 997) for answer in answers]


def keyed_model(url: str, client: DefaultAsyncHttpxClient) -> ChatOpenAI:
    """A model that holds a key in the open, as gateways want it."""
    return ChatOpenAI(
        model="x",
        base_url=url,
        api_key="other",
        default_headers={"Authorization": f"Bearer {KEY}"},
        http_async_client=client,
    )


@pytest.fixture
async def policy(request, server) -> AsyncIterator[Any]:
    async with DefaultAsyncHttpxClient() as client:
        url = server.base_url
        server.api_key = None if request.param == "login" else KEY
        yield {
            "spec": f"openai:x@{url}",
            "header": keyed_model(url, client),
            "login": f"openai:x@{url.replace('//', f'//me:{KEY}@')}",
        }[request.param]


@pytest.mark.parametrize("policy", ["spec", "header", "login"], indirect=True)
@pytest.mark.parametrize("sampling", ["parallel", "native"])
async def test_no_key_in_a_trace(policy, sampling):
    recorder = RunCollectorCallbackHandler()
    context = {"depth": 1, "width": 2, "sampling": sampling, "seed": 1}
    if isinstance(policy, str):
        context["policy"] = policy
    app = tpo.build_tpo(None if isinstance(policy, str) else policy, KeyedReward()).compile()
    asked = {"messages": [("user", "Why?")]}
    await app.ainvoke(asked, {"callbacks": [recorder]}, context=context)
    runs = recorder.traced_runs
    for run in runs:
        runs += run.child_runs
        told = (run.name, run.inputs, run.outputs, run.extra, run.serialized, run.tags, run.events)
        assert KEY not in repr(told)
        assert KEY not in dumps_json(told).decode()  # what LangSmith's client sends
    assert len([r for r in runs if r.run_type == "llm"]) >= 4


@pytest.mark.parametrize("policy", ["spec", "header", "login"], indirect=True)
async def test_no_key_in_any_stream(server, policy):
    said = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    server.script = [Fault(401, said, when=lambda body: body.get("stream"))]
    graph = tpo.build_tpo(policy, KeyedReward())
    parts = [
        part
        async for part in graph.compile(checkpointer=InMemorySaver()).astream(
            {"messages": [("user", "Why?")]},
            {"configurable": {"thread_id": "t"}},
            context={"depth": 1, "width": 2, "sampling": "parallel", "seed": 1},
            stream_mode=MODES,
            version="v2",
        )
    ]
    events = [p["data"] for p in parts if p["type"] == "custom"]
    check(events)
    assert len(places(events, "request_failed")) == 1
    assert len(places(events, "candidate")) == 4
    assert {p["type"] for p in parts} == set(MODES)
    assert [p["type"] for p in parts if KEY in repr(p)] == []
