"""A time limit that stands still while one waits for this process."""

from __future__ import annotations

import asyncio

import pytest

from tpo.core.user_code.time_limit import TimeLimit, uncounted


async def test_what_takes_too_long_is_ended():
    limit = TimeLimit(0.01)
    with pytest.raises(TimeoutError):
        async with limit:
            await asyncio.Event().wait()
    assert limit.expired()


async def test_waiting_is_not_counted_by_any_limit_around_it():
    async with TimeLimit(0.1) as outer, TimeLimit(0.1) as inner, uncounted():
        await asyncio.sleep(0.3)
    assert not outer.expired()
    assert not inner.expired()


async def test_the_end_of_all_time_does_not_wait():
    now = asyncio.get_running_loop().time()

    async def wait() -> None:
        async with TimeLimit(60, ends=now + 0.1), uncounted():
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await wait()


async def test_it_goes_on_with_what_was_left():
    async def wait_and_hang() -> None:
        async with limit:
            async with uncounted():
                await asyncio.sleep(0.1)
            await asyncio.Event().wait()

    limit = TimeLimit(0.05)
    with pytest.raises(TimeoutError):
        await wait_and_hang()
    assert limit.expired()


async def test_it_stands_still_until_the_last_of_several_has_waited():
    async def wait(seconds: float) -> None:
        async with uncounted():
            await asyncio.sleep(seconds)

    async with TimeLimit(0.1):
        await asyncio.gather(wait(0.2), wait(0.3))


async def test_a_limit_that_is_over_is_left_alone():
    free = asyncio.Event()

    async def wait() -> None:
        async with uncounted():
            await free.wait()

    async with TimeLimit(60):
        late = asyncio.create_task(wait())
        await asyncio.sleep(0)
    free.set()
    await late
    async with uncounted():
        pass


async def test_a_cancelled_wait_is_still_a_cancellation():
    async def wait() -> None:
        async with TimeLimit(60), uncounted():
            await asyncio.Event().wait()

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_limits_of_another_loop_are_its_own():
    def elsewhere() -> None:
        async def wait() -> None:
            async with uncounted():
                await asyncio.sleep(0)

        asyncio.run(wait())

    async with TimeLimit(60) as limit:
        await asyncio.to_thread(elsewhere)  # it has a copy of this context
    assert not limit.expired()
