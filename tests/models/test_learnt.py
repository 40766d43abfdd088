"""What a process learns about a server: each refusal once, for all requests and runs."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from loopback_server import Fault, LoopbackServer, error_body
from openai_clients import openai_clients
from scripted_model import ScriptedModel

from tpo.models.ask import ask
from tpo.models.asking import learnt
from tpo.models.asking.learnt import learnt_of
from tpo.models.policy import Policy
from tpo.models.request import Request, RequestError, Response

HELLO = [HumanMessage("Say hello")]
PARAMETERS = {"temperature": 0.7, "top_p": 0.9, "seed": 3}
loopback = pytest.mark.loopback


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """However slow the machine is, a refusal comes before the others lose patience."""
    monkeypatch.setattr(learnt, "HEAD_START", 60.0)


@pytest.fixture
async def openai():
    async with openai_clients() as make:
        yield make


async def send(model: Any, **options: Any) -> Response:
    return await ask(Request(Policy(model, "p"), HELLO, **{"parameters": PARAMETERS, **options}))


@loopback
async def test_requests_at_the_same_time_learn_from_the_first(openai):
    with LoopbackServer(refuse=list(PARAMETERS)) as server:
        model = openai(server)
        came = await asyncio.gather(*(send(model) for _ in range(5)))
    assert len(server.asked) == 5 + len(PARAMETERS)
    assert sum(one.cost["requests"] for one in came) == len(server.asked)
    assert all(one.refused == set(PARAMETERS) for one in came)


@loopback
async def test_a_model_built_alike_knows_it_and_one_with_other_settings_does_not(openai):
    with LoopbackServer(refuse=["temperature"]) as server:
        await send(openai(server))
        await send(openai(server))
        assert len(server.asked) == 3
        await send(openai(server, top_p=0.5))
    assert len(server.asked) == 5


async def give_up(work: asyncio.Future[Any]) -> None:
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


@loopback
async def test_what_was_accepted_is_not_waited_for(openai):
    def delay(body: Any) -> float:
        return 60.0 * (body["messages"][0]["content"] == "slow")

    with LoopbackServer(delay=delay) as server:
        model = openai(server)
        await send(model)
        request = Request(Policy(model, "p"), [HumanMessage("slow")], parameters=PARAMETERS)
        slow = asyncio.create_task(ask(request))
        while len(server.asked) < 2:
            await asyncio.sleep(0.001)
        await send(model)
        await give_up(slow)


@loopback
async def test_the_others_lose_patience_with_a_first_request_that_takes_long(monkeypatch, openai):
    monkeypatch.setattr(learnt, "HEAD_START", 0.01)
    with LoopbackServer(delay=60.0) as server:
        model = openai(server)
        all_of_them = asyncio.gather(*(send(model) for _ in range(3)))
        while len(server.asked) < 3:
            await asyncio.sleep(0.001)
        await give_up(all_of_them)


@loopback
async def test_what_only_looked_like_a_refusal_is_not_kept(openai):
    error = error_body("Invalid request: temperature is not supported by this key")
    with LoopbackServer(script=[Fault(400, error, times=None)]) as server:
        model = openai(server)
        with pytest.raises(RequestError):
            await send(model)
    assert learnt_of(model).refused == set()


async def test_a_model_that_cannot_be_described_is_known_by_itself_and_as_long_as_it_lives():
    one, other = ScriptedModel(script=[]), ScriptedModel(script=[])
    learnt_of(one).refused.add("seed")
    assert learnt_of(one).refused == {"seed"}
    assert learnt_of(other).refused == set()
    known = len(learnt._LEARNT)
    del one
    gc.collect()
    assert len(learnt._LEARNT) == known - 1


@loopback
async def test_a_model_whose_field_is_set_again_is_another_wherever_the_values_lie(openai):
    with LoopbackServer() as server:
        model = openai(server)
        for size in range(20):
            model.temperature = float(f"0.{size + 11}")
            learnt_of(model).refused.add("temperature")
            model.temperature = None  # the number is gone: the next one may have its place
            model.temperature = float(f"1.{size + 11}")
            assert learnt_of(model).refused == set()


@loopback
async def test_what_a_client_does_not_send_is_not_counted(openai):
    with LoopbackServer() as server:
        model = openai(server, use_responses_api=True)
        with pytest.raises(RequestError) as caught:  # the server has no such route
            await send(model, parameters={"seed": 1, "stop": ["x"]})
    assert len(server.asked) == caught.value.cost["requests"] == 1
    assert learnt_of(model).refused == {"seed"}
