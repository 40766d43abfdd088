"""What user code raises: what it is, and how far it goes."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading

import pytest

from tpo.core.errors import UserCodeError
from tpo.core.user_code import contain as user_code
from tpo.core.user_code.contain import LateError, contained, passes, within


async def test_a_cancellation_passes_and_an_invented_one_does_not():
    async def invents() -> None:
        raise asyncio.CancelledError("mine")

    with pytest.raises(UserCodeError, match="CancelledError: mine"):
        await contained(invents())
    waiting = asyncio.create_task(contained(asyncio.Event().wait()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not passes(asyncio.CancelledError())


def test_ctrl_c_passes_where_python_raises_it_itself():
    def elsewhere() -> None:
        seen.append(passes(KeyboardInterrupt()))

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        seen = [passes(KeyboardInterrupt())]
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        signal.signal(signal.SIGINT, lambda *_: None)  # as `asyncio.run` does
        elsewhere()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [True, False, False]


async def test_stop_iteration_out_of_a_coroutine_is_told_as_what_it_was():
    async def stops() -> None:
        raise StopIteration("over")

    with pytest.raises(UserCodeError, match="StopIteration: over"):
        await contained(stops())


async def test_what_ends_in_time_returns_or_raises_what_it_does():
    async def fails() -> None:
        raise TimeoutError("of its own")

    assert await within(60, asyncio.sleep(0, "done")) == "done"
    with pytest.raises(TimeoutError, match="of its own") as caught:
        await within(60, fails())
    assert caught.type is TimeoutError


async def test_what_does_not_end_when_cancelled_is_left_behind(monkeypatch):
    monkeypatch.setattr(user_code, "GRACE", 0.05)
    free, tidied = asyncio.Event(), []

    async def stubborn() -> None:
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                tidied.append("not yet")
        raise ValueError("nobody listens any more")

    with pytest.raises(LateError):
        await within(0.01, stubborn())
    assert tidied == ["not yet"]
    (left,) = asyncio.all_tasks() - {asyncio.current_task()}
    free.set()
    await asyncio.wait({left})


async def test_cancelling_waits_until_the_work_has_ended():
    ended = []

    async def tidies() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    waiting = asyncio.create_task(within(60, tidies()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == [True]


async def test_nothing_is_printed_of_an_error_that_came_with_the_cancellation(caplog):
    fails = asyncio.Event()

    async def work():
        await fails.wait()
        raise ValueError

    waiting = asyncio.create_task(within(60, work()))
    for _ in range(3):
        await asyncio.sleep(0)
    fails.set()
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    del waiting  # it holds the error
    gc.collect()
    assert not caplog.records
