"""Scores kept across runs: what is paid, what is not, and what is never kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langgraph.cache.memory import InMemoryCache
from langgraph.cache.sqlite import SqliteCache
from steps import prefer_later, run

import tpo
from tpo.rewards.base import Reward, Score, scored
from tpo.rewards.cached import CachedReward
from tpo.rewards.function import FunctionReward
from tpo.rewards.judge import Judge

TALK: Any = [HumanMessage("one")]


class Counting:
    """Scores by length, fails where told, and counts what it was asked."""

    notice = "mind this"

    def __init__(self, name: str = "counting", batch_size: int | None = None) -> None:
        self.name, self.batch_size = name, batch_size
        self.asked, self.calls = Counter[str](), list[list[str]]()
        self.wrong: dict[str, Any] = {}

    async def score(self, messages: Any, answers: Any) -> list[Score]:
        self.calls.append(list(answers))
        self.asked.update(answers)
        for text in answers:
            if isinstance(self.wrong.get(text), Exception):
                raise self.wrong[text]
        return [scored(self.wrong.get(text, float(len(text)))) for text in answers]


async def rewards(reward: Reward, *texts: str, talk: Any = TALK) -> list[float | None]:
    return [s["reward"] for s in await reward.score(talk, texts)]


async def test_only_misses_are_asked_and_equal_texts_once():
    inner = Counting()
    reward = CachedReward(inner, InMemoryCache())
    assert await rewards(reward, "a", "bb", "a") == [1, 2, 1]
    assert await rewards(reward, "bb", "ccc", "a") == [2, 3, 1]
    assert inner.calls == [["a", "bb"], ["ccc"]]
    assert await rewards(reward, "a", "ccc") == [1, 3]
    assert len(inner.calls) == 2  # not even an empty one
    assert (reward.name, reward.batch_size, reward.notice) == ("counting", None, "mind this")
    assert isinstance(reward, Reward)


@pytest.mark.parametrize(
    "talk",
    [
        [HumanMessage("two")],
        [SystemMessage("Be brief."), HumanMessage("one")],
        [HumanMessage("one"), AIMessage("x"), HumanMessage("one")],
        [AIMessage("one")],
    ],
)
async def test_another_conversation_is_another_score(talk):
    inner = Counting()
    reward = CachedReward(inner, InMemoryCache())
    await rewards(reward, "a")
    await rewards(reward, "a", talk=talk)
    assert inner.asked["a"] == 2
    await rewards(reward, "a", talk=[m.model_copy(update={"id": "other"}) for m in talk])
    assert inner.asked["a"] == 2  # an id is no part of what was said


async def test_another_reward_is_another_score():
    cache, first, second = InMemoryCache[Any](), Counting("one"), Counting("two")
    for reward in (first, second):
        await rewards(CachedReward(reward, cache), "a")
    assert first.asked == second.asked == {"a": 1}
    await rewards(CachedReward(first, cache, identity="one, version 2"), "a")
    assert first.asked["a"] == 2


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None, "five"])
async def test_what_is_no_finite_score_is_not_kept(bad):
    inner, cache = Counting(), InMemoryCache[Any]()
    inner.wrong["a"] = bad
    reward = CachedReward(inner, cache)
    assert await rewards(reward, "a", "bb") == [None, 2]
    del inner.wrong["a"]
    assert await rewards(reward, "a", "bb") == [1, 2]
    assert inner.asked == {"a": 2, "bb": 1}


async def test_a_call_that_fails_raises_or_keeps_what_is_known():
    inner = Counting()
    reward = CachedReward(inner, InMemoryCache())
    inner.wrong["bb"] = ConnectionError("no route")
    with pytest.raises(ConnectionError):
        await reward.score(TALK, ["a", "bb"])
    assert await rewards(reward, "a") == [1]
    known, failed = await reward.score(TALK, ["a", "bb"])
    assert (known["reward"], failed) == (1, {"reward": None, "error": "ConnectionError: no route"})


@pytest.mark.parametrize("stored", ["nonsense", float("nan"), None, [1]])
async def test_a_spoiled_entry_is_asked_anew(stored):
    inner, cache = Counting(), InMemoryCache[Any]()
    reward = CachedReward(inner, cache)
    await cache.aset({reward._key(TALK, "a"): (stored, None)})
    assert await rewards(reward, "a") == [1]
    assert inner.asked == {"a": 1}


class Broken(InMemoryCache[Any]):
    async def aget(self, keys: Any) -> Any:
        raise OSError("disk full")

    async def aset(self, keys: Any) -> None:
        raise OSError("disk full")


async def test_a_broken_cache_costs_what_it_would_have_saved():
    inner = Counting()
    assert await rewards(CachedReward(inner, Broken()), "a", "bb") == [1, 2]


def test_what_cannot_be_cached_is_refused():
    with pytest.raises(tpo.ConfigError, match="give CachedReward an identity"):
        CachedReward(FunctionReward(lambda q, a: 1.0), InMemoryCache())
    with pytest.raises(tpo.ConfigError, match="a judge cannot be cached"):
        CachedReward(Judge("openai:x"), InMemoryCache())  # type: ignore[arg-type]
    CachedReward(FunctionReward(lambda q, a: 1.0), InMemoryCache(), identity="mine, version 1")


class Later(Counting):
    async def score(self, messages: Any, answers: Any) -> list[Score]:
        await super().score(messages, answers)
        await asyncio.sleep(0)
        return [scored(prefer_later("", text)) for text in answers]


@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_a_second_run_on_the_same_file_pays_nothing(tmp_path, batch_size):
    path, outcome = str(tmp_path / "scores.db"), list[Any]()
    inner = Later(batch_size=batch_size)
    for _ in range(2):
        cache = SqliteCache[Any](path=path)  # as another process would open it
        outcome.append(run(reward=CachedReward(inner, cache)))
        cache._conn.close()
    first, second = outcome
    assert [c["reward"] for c in first["candidates"]] == [0, 1, 2, 10, 11, 12]
    assert second["candidates"] == first["candidates"]
    assert (second["answer"], set(inner.asked.values())) == ("better 2", {1})


async def test_concurrent_runs_share_a_cache_and_agree(tmp_path):
    inner, cache = Later(batch_size=1), SqliteCache[Any](path=str(tmp_path / "scores.db"))
    reward = CachedReward(inner, cache)
    talks = [[HumanMessage(f"query {i % 2}")] for i in range(8)]
    texts = [f"first {i}" for i in range(6)]
    found = await asyncio.gather(*[rewards(reward, *texts, talk=talk) for talk in talks])
    assert found == [[0, 1, 2, 3, 4, 5]] * 8
    paid = inner.asked.total()
    assert paid >= 12
    assert await rewards(reward, *texts, talk=talks[0]) == [0, 1, 2, 3, 4, 5]
    assert inner.asked.total() == paid
    cache._conn.close()
