"""Functions as rewards, in every form Python has for them."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from tpo.core.errors import RewardError
from tpo.rewards.base import Reward, checked
from tpo.rewards.function import FunctionReward

MESSAGES = [SystemMessage("s"), HumanMessage("one"), AIMessage("1"), HumanMessage("two")]


def plain(query: str, answer: str) -> float:
    return len(query) * 10 + len(answer)


async def awaited(query: str, answer: str) -> float:
    await asyncio.sleep(0)
    return plain(query, answer)


def returns_awaitable(query: str, answer: str) -> Any:
    return awaited(query, answer)


def of_three(extra: int, query: str, answer: str) -> float:
    return plain(query, answer) + extra


async def awaited_of_three(extra: int, query: str, answer: str) -> float:
    return plain(query, answer) + extra


class Callable_:
    def __call__(self, query: str, answer: str) -> float:
        return plain(query, answer)

    def method(self, query: str, answer: str) -> float:
        return plain(query, answer)


class Awaitable_:
    async def __call__(self, query: str, answer: str) -> float:
        return await awaited(query, answer)


FORMS = {
    "plain": plain,
    "awaited": awaited,
    "returns_awaitable": returns_awaitable,
    "<lambda>": lambda query, answer: 10 * len(query) + len(answer),
    "partial": partial(of_three, 0),
    "partial of async": partial(awaited_of_three, 0),
    "Callable_": Callable_(),
    "Awaitable_": Awaitable_(),
    "method": Callable_().method,
}


@pytest.mark.parametrize("form", FORMS)
async def test_every_form_is_called_with_query_and_answer(form):
    reward = FunctionReward(FORMS[form])
    assert isinstance(reward, Reward)
    assert reward.name == form.removesuffix(" of async")
    results = await checked(reward, MESSAGES, ["a", "bb"])
    assert results == [{"reward": 31.0, "error": None}, {"reward": 32.0, "error": None}]


async def test_a_sync_function_may_block_an_async_one_stays_on_the_loop():
    seen = []

    def where(query: str, answer: str) -> float:
        seen.append(threading.current_thread())
        return 0.0

    async def where_async(query: str, answer: str) -> float:
        return where(query, answer)

    await FunctionReward(where).score(MESSAGES, ["a"])
    await FunctionReward(where_async).score(MESSAGES, ["a"])
    assert seen[0] is not threading.main_thread()
    assert seen[1] is threading.current_thread()


@pytest.mark.parametrize("form", [of_three, awaited_of_three])
async def test_what_it_raises_is_told_with_its_name(form):
    failing = partial(form, None)  # None cannot be added
    with pytest.raises(RewardError, match="reward 'partial' failed: TypeError: "):
        await FunctionReward(failing).score(MESSAGES, ["a"])


@pytest.mark.parametrize("value", [None, "good", object(), float("nan")])
async def test_what_is_no_number_is_a_reason_not_a_number(value):
    reward = FunctionReward(lambda query, answer: value)
    (result,) = await checked(reward, MESSAGES, ["a"])
    assert result["reward"] is None
    assert "reward '<lambda>' gave " in str(result["error"])


async def test_cancelling_is_not_a_failure_of_the_reward():
    async def hang(query: str, answer: str) -> float:
        await asyncio.sleep(60)
        return 0.0

    call = asyncio.ensure_future(FunctionReward(hang).score(MESSAGES, ["a"]))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
