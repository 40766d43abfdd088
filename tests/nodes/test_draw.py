"""N candidates from any server: n in one request, parallel requests, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from loopback_server import LoopbackServer, default_answer, shaped
from steps import QUERY, says
from steps import run as run_scripted

import tpo
from tpo.models import several_policies

pytestmark = pytest.mark.loopback


def preference(query: str, answer: str) -> float:
    return sum(answer.encode()) % 997


async def run(server: LoopbackServer, **knobs: Any) -> tpo.Aligned:
    knobs = {"depth": 1, "width": 5, "seed": 1, "retries": 0, **knobs}
    policy = f"openai:m@{server.base_url}"
    return await tpo.aalign(QUERY, policy=policy, reward=preference, **knobs)


def numbered() -> Callable[[Any, int], str]:
    """Answers that differ whatever is asked, of short words: the server counts words as tokens."""
    numbers = count()
    return lambda body, index: shaped(body, f"a b c d e {next(numbers)}")


def asked_n(server: LoopbackServer) -> list[int]:
    return [asked.body.get("n") or 1 for asked in server.asked]


CRITIQUE = [1, 1]
SERVERS: list[tuple[dict[str, Any], dict[str, Any], list[int]]] = [
    ({}, {}, [5, *CRITIQUE, 5]),
    ({}, {"sampling": "native"}, [5, *CRITIQUE, 5]),
    ({}, {"sampling": "parallel"}, [1] * 5 + CRITIQUE + [1] * 5),
    ({}, {"width": 1}, [1, *CRITIQUE, 1]),
    # fewer come back: the rest is asked for at once, and no more than came from then on
    ({"max_n": 2}, {}, [5, 2, 1, *CRITIQUE, 2, 2, 1]),
    ({"max_n": 4}, {}, [5, 1, *CRITIQUE, 4, 1]),
    # it ignores or refuses n: remembered, so that no later round asks again
    ({"supports_n": "ignored"}, {}, [5] + [1] * 4 + CRITIQUE + [1] * 5),
    ({"supports_n": False}, {}, [5] + [1] * 5 + CRITIQUE + [1] * 5),
    ({"supports_n": False}, {"sampling": "native"}, [5] + [1] * 5 + CRITIQUE + [1] * 5),
]


@pytest.mark.parametrize(("options", "knobs", "asked"), SERVERS)
async def test_every_server_gives_n_different_candidates_and_an_exact_bill(options, knobs, asked):
    with LoopbackServer(numbered(), **options) as server:
        result = await run(server, **knobs)
    sent = asked_n(server)  # those that are sent at once may arrive in any order
    assert (sent[0], sorted(sent)) == (asked[0], sorted(asked))
    width = knobs.get("width", 5)
    assert [c["error"] for c in result["candidates"]] == [None] * 2 * width
    assert len({c["text"] for c in result["candidates"]}) == 2 * width
    places = [(c["round"], c["index"]) for c in result["candidates"]]
    assert places == [(nth, i) for nth in (0, 1) for i in range(width)]
    total = result["usage"]["total"]
    assert (total["requests"], total["exact"]) == (len(asked), True)
    assert total["sequences"] == 2 * width + 2


@pytest.mark.parametrize("supports_n", [True, "ignored"])
async def test_a_policy_with_slots_is_asked_for_no_more_at_once(monkeypatch, supports_n):
    """The local model says how many texts it writes at a time, and that it needs JSON."""
    whole = several_policies.resolve_policy

    async def with_slots(given: Any) -> Any:
        return replace(await whole(given), slots=2, prefers_json=True)

    monkeypatch.setattr(several_policies, "resolve_policy", with_slots)
    with LoopbackServer(numbered(), supports_n=supports_n) as server:
        result = await run(server, max_concurrency=1)
    first = [2, 2, 1] if supports_n is True else [2] + [1] * 4
    later = [2, 2, 1] if supports_n is True else [1] * 5
    assert asked_n(server) == [*first, *CRITIQUE, *later]
    assert all("response_format" in asked.body for asked in server.asked[-len(later) :])
    assert len({c["text"] for c in result["candidates"] if not c["error"]}) == 10


@pytest.mark.parametrize("live", [True, False])
async def test_several_texts_are_streamed_if_they_are_shown(live):
    events: list[Any] = []
    with LoopbackServer() as server:
        await run(server, on_event=events.append if live else None)
    streamed = [bool(asked.body.get("stream")) for asked in server.asked]
    assert streamed == [live] * 4


@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_refused_parameters_are_learnt_once(sampling):
    refuse = ["temperature", "top_p", "seed"]
    with LoopbackServer(numbered(), refuse=refuse) as server:
        result = await run(server, sampling=sampling, max_concurrency=1)
    later = [a for a in server.asked if a.body["messages"][-1]["content"] != QUERY]
    assert not any(name in asked.body for asked in later for name in refuse)
    assert not any(c["error"] for c in result["candidates"])
    assert result["usage"]["total"]["requests"] == len(server.asked)
    assert len(later) == (3 if sampling == "native" else 7)


async def test_a_server_that_sends_no_text_at_all_is_not_asked_for_ever():
    with LoopbackServer() as server:
        plain = server.reply
        server.reply = lambda body: {**plain(body), "choices": []}  # type: ignore[method-assign]
        with pytest.raises(tpo.NoCandidateError, match="the server returned no text at all"):
            await run(server)
    assert asked_n(server) == [5, 1]


async def test_more_texts_than_asked_for_are_left_out():
    with LoopbackServer() as server:
        plain = server.reply
        server.reply = lambda body: plain({**body, "n": 7})  # type: ignore[method-assign]
        result = await run(server, depth=0, sampling="native")
    assert len(result["candidates"]) == 5
    assert result["usage"]["total"]["sequences"] == 7


def test_a_model_without_n_or_parameters_is_asked_in_parallel():
    texts = [f"answer {i}" for i in range(5)]
    model = GenericFakeChatModel(messages=iter(map(AIMessage, texts)))
    result = run_scripted(model, reward=preference, depth=0, width=5)
    assert sorted(c["text"] for c in result["candidates"]) == texts
    assert result["usage"]["total"]["requests"] == 5
    assert result["usage"]["total"]["exact"] is False


@pytest.mark.parametrize("sampling", ["native", "parallel"])
def test_a_global_cache_does_not_make_the_candidates_one(sampling):
    set_llm_cache(InMemoryCache())
    try:
        result = run_scripted(says(), sampling=sampling, width=4)
    finally:
        set_llm_cache(None)
    assert len({c["text"] for c in result["candidates"]}) == 8


@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_seeds_differ_between_requests_and_repeat_between_runs(sampling):
    seeds = []
    for seed in (7, 7, 8):
        with LoopbackServer() as server:
            await run(server, seed=seed, sampling=sampling, width=2)
        seeds.append(sorted(asked.body["seed"] for asked in server.asked))
    assert seeds[0] == seeds[1] != seeds[2]
    assert len(set(seeds[0])) == len(seeds[0])
    with LoopbackServer() as server:
        await run(server, seed=None, depth=0)
    assert "seed" not in server.asked[0].body


async def test_no_more_requests_in_flight_than_allowed():
    flying: list[int] = [0, 0]

    def answer(body: Any, index: int) -> Any:
        flying[0] -= 1
        return default_answer(body, index)

    def delay(body: Any) -> float:
        flying[0] += 1
        flying[1] = max(flying)
        return 0.02

    with LoopbackServer(answer, delay=delay) as server:
        await run(server, sampling="parallel", width=6, max_concurrency=2, depth=0)
    assert len(server.asked) == 6
    assert 1 <= flying[1] <= 2
