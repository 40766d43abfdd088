"""The server's other doors: the newer thread protocol, MCP and A2A."""

from __future__ import annotations

import ast
import asyncio
from typing import Any

import httpx
import pytest
from event_log import check, places

pytestmark = pytest.mark.loopback

INPUT = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
BOTH = {"Accept": "application/json, text/event-stream"}


async def test_the_thread_protocol_shows_our_events(client, models):
    parts: dict[str, list[Any]] = {"custom": [], "updates": [], "values": []}

    async def listen(session: Any) -> None:
        async for event in session.events:
            method, params = event["method"], event["params"]
            if method in parts:
                parts[method].append(params["data"])
            ended = method == "lifecycle" and params["data"]["event"] in {"completed", "failed"}
            if ended and not params.get("namespace"):
                return

    async with client.threads.stream(assistant_id="tpo") as session:
        listener = asyncio.create_task(listen(session))
        settings = {"configurable": {"depth": 1, "width": 3, "seed": 1}}
        await session.run.start(input=INPUT, config=settings)
        async with asyncio.timeout(60):
            state = await session.output
            await listener
    check(parts["custom"])
    assert len(places(parts["custom"], "candidate")) == 6
    assert parts["custom"][-1]["answer"] == state["answer"]
    assert parts["values"][-1]["answer"] == state["answer"]
    assert {"sample", "rank", "finish"} < {name for u in parts["updates"] for name in u}
    assert len(models.streamed_several) == 2


async def call(client: Any, method: str, **params: Any) -> Any:
    """Call the MCP door."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = await client.post("/mcp", json=body, headers=BOTH)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def test_mcp_offers_the_graphs_as_tools(client, dev, models):
    async with httpx.AsyncClient(base_url=dev.url, timeout=60) as web:
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {}}
        assert "tools" in (await call(web, "initialize", **hello))["capabilities"]
        listed = (await call(web, "tools/list"))["tools"]
    tools = {tool["name"]: tool for tool in listed}
    assert set(tools) == {"tpo", "best_of_n", "revision", "answer"}
    assert all(tool["description"] for tool in listed)
    asks = tools["answer"]["inputSchema"]
    assert list(asks["properties"]) == ["messages", "drafts"]
    assert (asks["required"], asks["properties"]["messages"]["type"]) == (["messages"], "string")


async def test_an_mcp_tool_whose_result_is_the_answer(client, dev, models):
    """A model reads it, so it must be short; the server sends the `repr` of the graph's output."""
    asked = {"messages": "Why is the sky blue?"}
    async with httpx.AsyncClient(base_url=dev.url, timeout=60) as web:
        size = {"depth": 2, "width": 5, "seed": 1}
        texts = []
        for name in ("answer", "tpo"):
            result = await call(web, "tools/call", name=name, arguments=asked, context=size)
            assert not result.get("isError")
            (content,) = result["content"]
            texts.append(content["text"])
    said = ast.literal_eval(texts[0])
    assert set(said) == {"answer", "reward", "stop_reason"}
    assert said["answer"] in models.texts
    assert said["stop_reason"] == "depth"
    print(f"{len(texts[0])} characters, all of tpo {len(texts[1])}")  # shown by pytest -s
    assert len(texts[0]) < len(said["answer"]) + 100


async def test_a2a_answers_with_the_answer(client, dev, models, assistants):
    door = f"/a2a/{assistants['best_of_n']}"
    said = {
        "kind": "message",
        "role": "user",
        "messageId": "m1",
        "parts": [{"kind": "text", "text": "Why is the sky blue?"}],
    }
    body = {"jsonrpc": "2.0", "id": "1", "method": "message/send", "params": {"message": said}}
    async with httpx.AsyncClient(base_url=dev.url, timeout=60) as web:
        result = (await web.post(door, json=body, headers=BOTH)).json()["result"]
    assert result["status"]["state"] == "completed"
    assert result["artifacts"][0]["parts"][0]["text"] in models.texts
