"""A client that leaves: its paid work stops, unless it said that the run is to go on."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from billing_server import BillingServer, varied
from loopback_server import LoopbackServer
from patience import PATIENCE, until
from serve_process import ServeProcess

pytestmark = pytest.mark.loopback

HANG = 2 * PATIENCE  # seconds an answer would take; how fast it stops: benchmarks/serving.py
ASK = {"messages": [{"role": "user", "content": "Why?"}]}
CHAT = {"model": "tpo", **ASK, "tpo": {"width": 3, "sampling": "parallel"}}
RUN = {"assistant_id": "tpo", "input": ASK, "context": {"width": 3, "sampling": "parallel"}}


async def leave_while_asking(models: LoopbackServer, url: str, path: str, body: Any) -> None:
    """Leave while three requests are in flight, and see them end before their answers."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        asking = asyncio.create_task(read(client, path, body))
        await until(lambda: len(models.at_work) == 3)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await until(lambda: not models.at_work)


async def read(client: httpx.AsyncClient, path: str, body: Any) -> None:
    async with client.stream("POST", path, json=body) as response:
        async for _ in response.aiter_bytes():
            pass


@pytest.fixture
def slow_models(models: BillingServer) -> Any:
    """Make every answer take long, for the time of a test."""
    models.forget()
    before, models.delay = models.delay, HANG
    yield models
    models.delay = before


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
async def test_chat(server, slow_models, stream):
    body = {**CHAT, "stream": stream}
    await leave_while_asking(slow_models, server.url, "/v1/chat/completions", body)


@pytest.mark.parametrize("what", ["stream", "wait"])
async def test_a_run_that_is_to_end_with_its_client(server, slow_models, what):
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
        thread = (await client.post("/threads", json={})).json()["thread_id"]
    path = f"/threads/{thread}/runs/{what}"
    body = {**RUN, "on_disconnect": "cancel", "stream_mode": "custom"}
    await leave_while_asking(slow_models, server.url, path, body)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
        (run,) = (await client.get(f"/threads/{thread}/runs")).json()
    assert run["status"] in {"interrupted", "running"}


async def test_a_run_goes_on_where_nothing_else_was_said(server, models):
    models.forget()
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
        thread = (await client.post("/threads", json={})).json()["thread_id"]
        body = {**RUN, "context": {"depth": 1, "width": 2}, "stream_mode": "custom"}
        async with client.stream("POST", f"/threads/{thread}/runs/stream", json=body) as response:
            async for _ in response.aiter_bytes():
                break
        async with asyncio.timeout(PATIENCE):
            while (await client.get(f"/threads/{thread}/runs")).json()[0]["status"] != "success":
                await asyncio.sleep(0.02)


async def test_places_are_given_back(tmp_path):
    """Clients that leave in any way, ten times as many as there are places, block nobody."""
    chat = "/v1/chat/completions"
    with BillingServer(varied, delay=0.2) as own:
        options = ["--policy", f"openai:x@{own.base_url}", "--max-concurrent", "2"]
        with ServeProcess(tmp_path, *options) as server:
            async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
                for number in range(20):
                    body = {**CHAT, "stream": bool(number % 2)}
                    asking = asyncio.create_task(read(client, chat, body))
                    await asyncio.sleep(0.01 * (number % 5))
                    asking.cancel()
                    await asyncio.gather(asking, return_exceptions=True)
                small = {**CHAT, "tpo": {"depth": 0, "width": 1}}
                async with asyncio.timeout(PATIENCE):
                    while (done := await client.post(chat, json=small)).status_code == 429:
                        await asyncio.sleep(0.02)
                assert done.status_code == 200
