"""Async work for sync callers: an event loop of the process, in a thread of its own.

One loop for all calls, because clients keep connections that die with their loop. Calls that come
while it is held up by code that blocks it get another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import CancelledError, Future, wait
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from ..core.context import Context
from ..core.errors import UserCodeError, evidence
from .background_loop import BackgroundLoop, blocked_here, free_loop

T = TypeVar("T")
PATIENCE = Context().timeout
LOOK = 0.5  # seconds between two looks at a loop


def result_of(work: Coroutine[Any, Any, T], patience: float = PATIENCE) -> T:
    """Run a coroutine on a loop of the process's own, with the caller's context, and wait for it.

    Works inside and outside a running event loop, which it blocks.

    Args:
        work: What to run.
        patience: Seconds after which the call gives up a loop that one piece of code blocks.

    Raises:
        UserCodeError: the loop is blocked, or something raised what would end more than this call.
        Exception: what the coroutine raises.

    Example:
        >>> result_of(asyncio.sleep(0, "done"))
        'done'
    """
    with blocked_here():
        used = free_loop()
        future = asyncio.run_coroutine_threadsafe(work, used.loop)
        try:
            while not wait([future], LOOK).done:
                used.check(patience)
        except BaseException:  # Ctrl-C while waiting: stop paying at once
            future.cancel()
            raise
    return _outcome(future)


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

    with blocked_here():
        used = free_loop()
        future = asyncio.run_coroutine_threadsafe(pump(), used.loop)
        try:
            while found := take(items, used):
                yield found[0]
            _outcome(future)
        finally:
            future.cancel()


def take(items: SimpleQueue[T], used: BackgroundLoop) -> T:
    """Wait for what a loop puts into a queue.

    Raises:
        UserCodeError: the loop is blocked.
    """
    while True:
        try:
            return items.get(timeout=LOOK)
        except Empty:
            used.check(PATIENCE)


def _outcome(future: Future[T]) -> T:
    """Return the result; what would end more than this call is an error like any other."""
    try:
        return future.result()
    except (SystemExit, KeyboardInterrupt, CancelledError) as error:
        raise UserCodeError(f"something in the run raised {evidence(error)}") from error
