"""The server ends, in order or not, and is started again: runs go on, nothing is paid twice."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import openai
import pytest
from billing_server import BillingServer, varied
from event_log import check
from langgraph_sdk import get_client
from patience import wait_until
from serve_process import ServeProcess

pytestmark = pytest.mark.loopback

INPUT = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
CONTEXT = {"depth": 2, "width": 3, "seed": 3, "sampling": "parallel"}


@pytest.fixture
def server(tmp_path: Path):
    with (
        BillingServer(varied, delay=0.15) as models,
        ServeProcess(tmp_path, "-p", f"openai:x@{models.base_url}") as made,
    ):
        yield made, models


def asked(models: BillingServer) -> Counter[str]:
    return Counter(json.dumps([a.body["messages"], a.body["seed"]]) for a in models.asked)


async def begin(client: Any, **more: Any) -> tuple[str, str]:
    thread = (await client.threads.create())["thread_id"]
    given = {"input": INPUT, "context": CONTEXT, "stream_mode": ["custom"], **more}
    run = await client.runs.create(thread, "tpo", stream_resumable=True, **given)
    return thread, run["run_id"]


async def events_until(client: Any, thread: str, run: str, kind: str) -> list[Any]:
    """Read along until an event of this type."""
    seen = []
    async for part in client.runs.join_stream(thread, run, last_event_id="-1"):
        seen.append(part)
        if part.event == "custom" and part.data["type"] == kind:
            return seen
    raise AssertionError(f"there was no {kind}")


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        (signal.SIGTERM, "tpo.request_started"),
        (signal.SIGKILL, "tpo.candidate"),
        (signal.SIGKILL, "tpo.loss"),
    ],
)
async def test_a_run_goes_on(server, how, kind):
    process, models = server
    async with get_client(url=process.url, api_key=None, timeout=30) as client:
        thread, run = await begin(client)
        seen = await events_until(client, thread, run, kind)
        await asyncio.sleep(0.05)  # what was just told is being saved
        code = await asyncio.to_thread(process.end, how)
        assert code == (0 if how is signal.SIGTERM else -how)
        before = asked(models)
        process.start()
        last = seen[-1].id
        rest = [p async for p in client.runs.join_stream(thread, run, last_event_id=last)]
        assert (await client.runs.get(thread, run))["status"] == "success"
        state = (await client.threads.get_state(thread))["values"]
        everything = [p async for p in client.runs.join_stream(thread, run, last_event_id="-1")]
    assert rest[-1].data["type"] == "tpo.final"
    assert rest[-1].data["answer"] == state["answer"]
    assert {part.data["run_id"] for part in everything if part.event == "metadata"} == {run}
    attempts = [part.data["attempt"] for part in everything if part.event == "metadata"]
    assert attempts == [1, 2]
    told = {p.data["candidate"]["id"] for p in everything if p.data.get("type") == "tpo.candidate"}
    assert told == {c["id"] for c in state["candidates"]}
    assert len(told) == 9
    # What was under way when the process was killed is asked again; nothing else is.
    again = asked(models) - Counter(dict.fromkeys(asked(models), 1))
    assert sum(again.values()) <= (0 if how is signal.SIGTERM else 3)
    assert not again - before


async def test_a_run_that_waited_goes_on_too(server):
    process, _ = server
    async with get_client(url=process.url, api_key=None, timeout=30) as client:
        thread, first = await begin(client)
        second = await client.runs.create(thread, "tpo", input=INPUT, context=CONTEXT)
        await events_until(client, thread, first, "tpo.candidate")
        process.end(signal.SIGKILL)
        process.start()
        out = await client.runs.join(thread, second["run_id"])
        statuses = [run["status"] for run in await client.runs.list(thread)]
    assert statuses == ["success", "success"]
    assert (out["turn"], len(out["messages"])) == (2, 4)


async def test_a_fork_goes_on_from_where_it_was(server):
    process, models = server
    async with get_client(url=process.url, api_key=None, timeout=30) as client:
        thread, run = await begin(client)
        await client.runs.join(thread, run)
        history = await client.threads.get_history(thread, limit=50)
        there = next(c for c in history if c["next"] == ["loss"] and not c["values"]["round"])
        models.forget()
        fork = await client.runs.create(
            thread,
            "tpo",
            input=None,
            context={**CONTEXT, "seed": 4, "depth": 1},
            checkpoint=there["checkpoint"],
            stream_mode=["custom"],
            stream_resumable=True,
        )
        await events_until(client, thread, fork["run_id"], "tpo.candidate")
        await asyncio.sleep(0.05)
        process.end(signal.SIGKILL)
        process.start()
        out = await client.runs.join(thread, fork["run_id"])
    assert len(out["rounds"]) == 2
    assert len(asked(models)) == 5  # loss, gradient, three updates
    assert asked(models).total() <= 5 + 2  # two of which may have been under way


async def test_a_paused_run_is_answered_after_a_restart(server):
    process, _ = server
    context = {**CONTEXT, "human_pick": True}
    async with get_client(url=process.url, api_key=None, timeout=30) as client:
        thread, run = await begin(client, context=context)
        await client.runs.join(thread, run)
        process.end(signal.SIGKILL)
        process.start()
        assert (await client.threads.get(thread))["status"] == "interrupted"
        answer = {"resume": {"stop": True}}
        out = await client.runs.wait(thread, "tpo", command=answer, context=context)
    assert out["stop_reason"] == "human"


async def test_a_stopping_server_tells_its_chat_clients(tmp_path):
    with BillingServer(varied, delay=5) as models:
        options = ["-p", f"openai:x@{models.base_url}", "--drain-seconds", "0.3"]
        options += ["--heartbeat-seconds", "0.2"]  # the first piece waits no longer for a text
        with ServeProcess(tmp_path, *options) as process:
            url = f"{process.url}/v1"
            async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
                stream = await client.chat.completions.create(
                    model="tpo", messages=INPUT["messages"], stream=True
                )
                await anext(aiter(stream))
                ending = asyncio.create_task(asyncio.to_thread(process.end, signal.SIGTERM))
                with pytest.raises(openai.APIError) as caught:
                    async for _ in stream:
                        pass
            assert "the server is stopping" in str(caught.value)
            assert caught.value.code == "server_stopping"
            assert await ending == 0


async def test_a_stopping_server_tells_those_who_follow_a_run(tmp_path):
    with BillingServer(varied, delay=5) as models:
        options = ["-p", f"openai:x@{models.base_url}", "--drain-seconds", "0.3"]
        with ServeProcess(tmp_path, *options) as process:
            async with get_client(url=process.url, api_key=None, timeout=30) as client:
                thread, run = await begin(client)
                seen = client.runs.join_stream(thread, run, last_event_id="-1")
                parts = [await anext(aiter(seen))]
                ending = asyncio.create_task(asyncio.to_thread(process.end, signal.SIGTERM))
                parts += [part async for part in seen]
                assert (parts[-1].event, parts[-1].data["kind"]) == ("error", "server_stopping")
                assert await ending == 0
                models.delay = 0.0
                process.start()
                rest = [p async for p in client.runs.join_stream(thread, run, last_event_id="-1")]
                assert (rest[-1].data["type"], rest[-1].event) == ("tpo.final", "custom")
                assert "error" not in {part.event for part in rest}


async def test_the_events_of_a_run_are_whole_in_order_and_lean(server):
    """Replayed after the end, without the live text that whole texts have replaced."""
    process, _ = server
    async with get_client(url=process.url, api_key=None, timeout=30) as client:
        thread, run = await begin(client)
        live = [p async for p in client.runs.join_stream(thread, run, last_event_id="-1")]
        kept = [p async for p in client.runs.join_stream(thread, run, last_event_id="-1")]
    check([part.data for part in live if part.event == "custom"])
    assert any("delta" in p.data.get("type", "") for p in live)
    assert kept == [p for p in live if "delta" not in p.data.get("type", "")]


def test_a_response_goes_on_and_is_read_later(server):
    process, models = server
    url = f"{process.url}/v1"
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=30) as client:
        stream = client.responses.create(
            model="tpo", input="Why?", stream=True, extra_body={"tpo": CONTEXT}
        )
        name = next(event.response.id for event in stream if event.type == "response.created")
        wait_until(lambda: models.sent)
        process.end(signal.SIGTERM)
        *_, last = stream
        assert last.type == "response.failed"
        assert f"GET /v1/responses/{name}" in last.response.error.message
        process.start()
        wait_until(lambda: client.responses.retrieve(name).status != "in_progress")
        read = client.responses.retrieve(name)
    assert (read.status, read.output_text in models.texts) == ("completed", True)
    assert set(asked(models).values()) == {1}
