"""A model object in one event loop after another, and in several at once."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from importlib import import_module
from typing import Any

import httpx
import pytest
from langchain_openai import ChatOpenAI
from loopback_server import LoopbackServer
from patience import until
from scripted_model import ScriptedModel

import tpo
from tpo.models.loop_transport import LoopTransport, clients_in, fit_for_any_loop, per_loop

pytestmark = pytest.mark.loopback
OPTIONS: Any = {"reward": lambda query, answer: len(answer), "depth": 1, "width": 3, "retries": 0}


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as server:
        yield server


class Held(ScriptedModel):
    """A model whose client is made when it is first asked for."""

    script: Any = ()
    url: str

    @cached_property
    def _async_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url)

    @cached_property
    def _async_broken(self) -> httpx.AsyncClient:
        raise ValueError("no key")

    async def get(self) -> int:
        return (await self._async_client.get("/models")).status_code


def test_a_client_has_connections_of_each_loop(server):
    model = Held(url=server.base_url)
    fit_for_any_loop(model)
    client = model._async_client
    before = vars(client)["_transport"]
    fit_for_any_loop(model)
    assert vars(client)["_transport"] is before

    async def twice() -> list[int]:
        here = [await model.get(), await model.get()]
        elsewhere = await asyncio.to_thread(lambda: asyncio.run(model.get()))
        return [*here, elsewhere, await model.get()]

    assert asyncio.run(twice()) == asyncio.run(twice()) == [200] * 4
    assert vars(before)["_open"] == {}  # each was closed with its loop


async def test_a_client_that_is_closed_closes_its_connections(server):
    model = Held(url=server.base_url)
    fit_for_any_loop(model)
    async with model._async_client:
        assert await model.get() == 200
    assert vars(vars(model._async_client)["_transport"])["_open"] == {}


def test_a_model_object_is_used_in_loop_after_loop(server):
    model = ChatOpenAI(model="m", base_url=server.base_url, api_key="x", max_retries=0)
    for _ in range(3):
        result = asyncio.run(tpo.aalign("q", policy=model, **OPTIONS))
        assert [c["error"] for c in result["candidates"]] == [None] * 6


async def test_a_model_object_is_used_in_two_loops_by_turns(server):
    model = ChatOpenAI(model="m", base_url=server.base_url, api_key="x", max_retries=0)
    await tpo.aalign("q", policy=model, **OPTIONS)
    for _ in range(2):
        await model.ainvoke("hello")
        in_thread = await asyncio.to_thread(lambda: tpo.align("q", policy=model, **OPTIONS))
        blocking = tpo.align("q", policy=model, **OPTIONS)
        assert in_thread["stop_reason"] == blocking["stop_reason"] == "depth"
    await vars(model.root_async_client._client)["_transport"].aclose()


PACKAGES = {
    "langchain_openai:ChatOpenAI": {},
    "langchain_openai:AzureChatOpenAI": {"azure_endpoint": "http://a", "api_version": "1"},
    "langchain_anthropic:ChatAnthropic": {},
    "langchain_deepseek:ChatDeepSeek": {},
    "langchain_groq:ChatGroq": {},
    "langchain_mistralai:ChatMistralAI": {},
    "langchain_ollama:ChatOllama": {"api_key": None},
    "langchain_openrouter:ChatOpenRouter": {},
    "langchain_xai:ChatXAI": {},
    "langchain_google_genai:ChatGoogleGenerativeAI": {},
}


@pytest.mark.parametrize("place", PACKAGES)
def test_the_client_of_a_package_is_found(place):
    package, _, name = place.partition(":")
    pytest.importorskip(package)
    options = {"model": "m", "api_key": "x", **PACKAGES[place]}
    given = {key: value for key, value in options.items() if value is not None}
    model = getattr(import_module(package), name)(**given)
    fit_for_any_loop(model)
    found = [vars(client)["_transport"] for client in clients_in(model)]
    assert found
    assert {type(transport) for transport in found} == {LoopTransport}


def test_a_transport_of_the_user_s_own_is_left_alone():
    own = httpx.MockTransport(lambda request: httpx.Response(200))
    client = httpx.AsyncClient(transport=own)
    model = ChatOpenAI(model="m", api_key="x", http_async_client=client)
    fit_for_any_loop(model)
    assert vars(client)["_transport"] is own


def test_a_model_that_holds_anything_is_looked_at_in_no_time():
    class Odd:
        __slots__ = ()

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(f"{name} is not for you")

    async def pieces() -> AsyncIterator[int]:
        yield 1

    model = ScriptedModel(script=[Odd(), pieces, {"a": [list(range(5000))]}, len])
    model.script.append(model)  # a circle
    assert list(clients_in(model)) == []


async def test_connections_of_a_client_that_is_gone_are_closed_while_the_loop_goes_on(server):
    client = httpx.AsyncClient(base_url=server.base_url)
    vars(client)["_transport"] = per_loop(vars(client)["_transport"])
    assert (await client.get("/models")).status_code == 200
    assert server._http.connections
    del client
    gc.collect()
    await until(lambda: not server._http.connections)


async def test_what_a_client_had_open_before_is_closed_with_it(server):
    client = httpx.AsyncClient(base_url=server.base_url)
    assert (await client.get("/models")).status_code == 200
    vars(client)["_transport"] = per_loop(vars(client)["_transport"])
    assert (await client.get("/models")).status_code == 200
    assert len(server._http.connections) == 2
    await client.aclose()
    await until(lambda: not server._http.connections)
