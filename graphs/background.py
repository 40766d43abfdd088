"""Async work for sync callers: one event loop of the process, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def result_of(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the process's own loop, with the caller's context, and wait for it.

    Works inside and outside a running event loop, which it blocks.

    Example:
        >>> result_of(asyncio.sleep(0, "done"))
        'done'
    """
    future = asyncio.run_coroutine_threadsafe(work, _background_loop())
    try:
        return future.result()
    except BaseException:  # Ctrl-C while waiting: stop paying at once
        future.cancel()
        raise


def iterate(source: AsyncIterator[T]) -> Iterator[T]:
    """Read an async iterator from sync code; leaving early ends it.

    Example:
        >>> async def digits():
        ...     yield 1
        ...     yield 2
        >>> list(iterate(digits()))
        [1, 2]
    """
    items: SimpleQueue[tuple[T] | None] = SimpleQueue()

    async def pump() -> None:
        # All steps in one task: a generator may hold what belongs to the task it began in.
        try:
            async for item in source:
                items.put((item,))
        finally:
            items.put(None)

    future = asyncio.run_coroutine_threadsafe(pump(), _background_loop())
    try:
        while found := items.get():
            yield found[0]
        future.result()
    finally:
        future.cancel()


def _background_loop() -> asyncio.AbstractEventLoop:
    """Return the loop.

    One for all sync calls: model clients keep connections that die with their loop.
    """
    global _loop  # noqa: PLW0603  a process-wide thread, not state of a run
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="tpo-align", daemon=True).start()
        return _loop
