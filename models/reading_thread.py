"""A thread that only reads what servers reply, while the thread of the runs is busy."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from threading import Thread

Begun = tuple[AbstractEventLoop, asyncio.Event]
"""The loop of the thread, and what ends it."""


@asynccontextmanager
async def reading_thread() -> AsyncIterator[AbstractEventLoop]:
    """Run an event loop in a thread of its own, until the context ends.

    Raises:
        OSError: the system has none left.
    """
    begun: Future[Begun] = Future()
    thread = Thread(target=run_loop, args=(begun,), name="tpo-reading", daemon=True)
    thread.start()
    loop, over = await asyncio.wrap_future(begun)
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(over.set)
        await asyncio.to_thread(thread.join)


def run_loop(begun: Future[Begun]) -> None:
    """Run an event loop until it is told to end, and tell that it has begun, or why it has not."""

    async def until_told() -> None:
        over = asyncio.Event()
        begun.set_result((asyncio.get_running_loop(), over))
        await over.wait()

    try:
        asyncio.run(until_told())
    except Exception as error:  # such as too many open files: nobody is to wait for ever
        if begun.done():
            raise
        begun.set_exception(error)
