"""Threads for code that blocks."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest
from patience import until

from tpo.core.errors import UserCodeError
from tpo.core.user_code import thread_turns
from tpo.core.user_code.own_thread import OwnThread, in_own_thread
from tpo.core.user_code.time_limit import TimeLimit

here: ContextVar[str] = ContextVar("here")


async def test_a_call_has_the_caller_s_context_and_a_thread_of_its_own():
    here.set("told")
    name, thread = await in_own_thread(None, lambda: (here.get(), threading.current_thread()))
    assert name == "told"
    assert thread.daemon
    assert thread is not threading.current_thread()


async def test_one_thread_takes_one_call_after_the_other():
    own = OwnThread()
    threads = {await own.call(threading.current_thread) for _ in range(3)}
    own.close()
    assert len(threads) == 1


@pytest.mark.parametrize("error", [ValueError("v"), KeyError("k")])
async def test_an_error_is_the_caller_s(error):
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        await in_own_thread(None, fail)
    assert caught.value is error


@pytest.mark.parametrize("kind", [SystemExit, StopIteration, StopAsyncIteration, GeneratorExit])
async def test_what_would_end_more_is_an_error_of_ours(kind):
    def fail() -> None:
        raise kind("x")

    with pytest.raises(UserCodeError, match=f"{kind.__name__}: x"):
        await in_own_thread(None, fail)


async def test_waiting_for_a_thread_is_not_counted(monkeypatch):
    monkeypatch.setattr(thread_turns, "MOST", 1)
    free, owner = threading.Event(), object()
    first = asyncio.create_task(in_own_thread(owner, free.wait))
    await until(lambda: (id(owner), 0) in thread_turns._turns().calls)

    async def second() -> str:
        async with TimeLimit(0.2):
            return await in_own_thread(owner, lambda: "second")

    waiting = asyncio.create_task(second())
    await asyncio.sleep(0.4)
    assert await in_own_thread(object(), lambda: "of another owner") == "of another owner"
    free.set()
    assert (await first, await waiting) == (True, "second")
    assert thread_turns._turns().calls == {}


async def test_calls_that_make_calls_do_not_wait_for_themselves(monkeypatch):
    monkeypatch.setattr(thread_turns, "MOST", 1)

    def outer(depth: int) -> int:
        return asyncio.run(in_own_thread(outer, outer, depth - 1)) + 1 if depth else 0

    assert await in_own_thread(outer, outer, 5) == 5


async def test_who_gives_up_waiting_takes_no_thread(monkeypatch):
    monkeypatch.setattr(thread_turns, "MOST", 1)
    free, owner, called = threading.Event(), object(), []
    first = asyncio.create_task(in_own_thread(owner, free.wait))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(in_own_thread(owner, called.append, i)) for i in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(first, *waiting, return_exceptions=True)
    assert called == [0, 2]
    assert thread_turns._turns().calls == {}


async def test_when_all_hang_who_waits_is_told(monkeypatch):
    monkeypatch.setattr(thread_turns, "MOST", 1)
    free, owner = threading.Event(), object()
    hanging = asyncio.create_task(in_own_thread(owner, free.wait))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(in_own_thread(owner, print))
    await asyncio.sleep(0)
    hanging.cancel()
    with pytest.raises(UserCodeError, match="have not returned"):
        await waiting
    with pytest.raises(UserCodeError, match="have not returned"):
        await in_own_thread(owner, print)
    free.set()
    await until(lambda: not thread_turns._turns().calls)
    assert await in_own_thread(owner, lambda: "again") == "again"
