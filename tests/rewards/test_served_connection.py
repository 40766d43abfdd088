"""Connections of served rewards: the key, reuse, event loops, cancelling, many runs at once."""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest
from loopback_wire import Fault
from reward_servers import VllmServer
from served_cases import CASES, HISTORY, ONE_TURN, install_tokenizer

from tpo.core.errors import ConfigError, RewardError
from tpo.rewards.served.loop_clients import CONNECTIONS
from tpo.rewards.served.vllm import VllmReward

pytestmark = pytest.mark.loopback
KEY = "hunter2-and-more"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    install_tokenizer(monkeypatch)
    monkeypatch.delenv("TPO_REWARD_API_KEY", raising=False)
    monkeypatch.setattr("tpo.models.failures.faults.pause_before_retry", lambda error, attempt: 0.0)


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


async def test_the_key_is_sent_as_a_bearer_token(case, monkeypatch):
    monkeypatch.setenv("TPO_REWARD_API_KEY", f" {KEY}\n")
    with case.server(api_key=KEY) as server:
        assert await case.at(server).score(ONE_TURN, ["a"]) == case.scores(ONE_TURN, ["a"])
        assert {a.headers["authorization"] for a in server.asked} == {f"Bearer {KEY}"}


async def test_no_key_no_header(case):
    with case.server() as server:
        await case.at(server).score(ONE_TURN, ["a"])
        assert all("authorization" not in asked.headers for asked in server.asked)


async def test_a_missing_key_is_asked_for_by_name(case):
    refused = pytest.raises(RewardError, match=r"HTTP 401; set .* TPO_REWARD_API_KEY")
    with case.server(api_key=KEY) as server, refused:
        await case.at(server).score(ONE_TURN, ["a"])


@pytest.mark.parametrize("padding", [100, 276, 282, 288])
async def test_the_key_is_never_shown_even_where_the_server_shows_it(case, monkeypatch, padding):
    monkeypatch.setenv("TPO_REWARD_API_KEY", KEY)
    told = "x" * padding + f" you sent {KEY}"  # the evidence is cut somewhere in here
    faults = [Fault(status=401, body=told, times=None), Fault(garbage=told.encode(), times=None)]
    for fault in faults:
        with case.server(script=[fault]) as server:
            reward = case.at(server)
            with pytest.raises(RewardError) as raised:
                await reward.score(ONE_TURN, ["a"])
        for shown in (str(raised.value), repr(raised.value), repr(reward), reward.name):
            assert "hunter2" not in shown


async def test_a_key_that_no_header_can_carry(monkeypatch):
    monkeypatch.setenv("TPO_REWARD_API_KEY", "a\nb")
    with VllmServer() as server, pytest.raises(ConfigError, match="TPO_REWARD_API_KEY") as raised:
        await VllmReward(server.url).score(ONE_TURN, ["a"])
    assert "a\nb" not in str(raised.value)


async def test_connections_are_reused(case):
    with case.server() as server:
        reward = case.at(server)
        for _ in range(5):
            await reward.score(ONE_TURN, ["a"])
        assert len(server.connections) == 1
        await reward.aclose()
        await reward.aclose()
        await reward.score(ONE_TURN, ["a"])
        assert len(server.connections) == 2


async def test_concurrent_runs_share_one_adapter(case):
    answers = [f"answer {i}" for i in range(8)]
    with case.server() as server:
        reward = case.at(server)
        calls = [reward.score(m, answers) for m in (ONE_TURN, HISTORY) * 4]
        results = await asyncio.gather(*calls)
        assert len(server.connections) <= CONNECTIONS
    for messages, scores in zip((ONE_TURN, HISTORY) * 4, results, strict=True):
        assert scores == case.scores(messages, answers)


async def test_requests_at_once_are_limited():
    with VllmServer(script=[Fault(hang=0.1, times=None, when=bool)]) as server:
        scores = await VllmReward(server.url).score(ONE_TURN, [f"{i}" for i in range(40)])
        assert len(server.connections) == CONNECTIONS
    assert len(scores) == 40


def test_each_event_loop_has_its_own_and_closes_it(case):
    """Unclosed connections would be a ResourceWarning, which is an error here."""
    with case.server() as server:
        reward = case.at(server)
        for _ in range(3):
            assert asyncio.run(reward.score(ONE_TURN, ["a"])) == case.scores(ONE_TURN, ["a"])
        assert len(server.connections) == 3
        assert len(reward._server._clients._open) == 0
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            gc.collect()


def test_an_adapter_that_is_dropped_as_the_loop_ends(case):
    async def run() -> None:
        with case.server() as server:
            reward = case.at(server)
            await asyncio.gather(*[reward.score(ONE_TURN, ["a", "b", "c"]) for _ in range(8)])

    asyncio.run(run())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()


async def test_two_event_loops_at_once(case):
    with case.server() as server:
        reward = case.at(server)
        there = asyncio.to_thread(lambda: asyncio.run(reward.score(HISTORY, ["a", "b"])))
        here = reward.score(ONE_TURN, ["a", "b"])
        scores = await asyncio.gather(here, there)
    assert scores == [case.scores(m, ["a", "b"]) for m in (ONE_TURN, HISTORY)]


async def test_an_adapter_that_is_dropped_closes_its_connections(case, monkeypatch):
    monkeypatch.setattr("tpo.rewards.served.loop_clients.LINGER", 0.0)
    with case.server() as server:
        reward = case.at(server)
        await reward.score(ONE_TURN, ["a"])
        client = reward._server._clients._open[asyncio.get_running_loop()].client
        del reward
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            gc.collect()
            for _ in range(200):
                await asyncio.sleep(0.01)
                if client.is_closed:
                    break
        assert client.is_closed


async def test_a_cancelled_scoring_hangs_up_and_the_next_one_works(case):
    hang = Fault(hang=30.0, times=16, when=bool)
    with case.server(script=[hang]) as server:
        reward = case.at(server)
        scoring = asyncio.create_task(reward.score(ONE_TURN, ["a"]))
        while not server.bodies:
            await asyncio.sleep(0.01)
        scoring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await scoring
        assert len(server.bodies) == 1  # a cancelled request is not a fault to try again
        hang.times = hang.used
        assert await reward.score(ONE_TURN, ["a"]) == case.scores(ONE_TURN, ["a"])
