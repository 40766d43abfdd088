"""A time limit that stands still while one waits for this process, not for an answer."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from types import TracebackType


class TimeLimit:
    """Ends a block with `TimeoutError` once it has taken too long.

    Args:
        seconds: How long it may take; the time spent in `uncounted` is not part of it.
        ends: When all time is over, spent in any way; on the monotonic clock.

    Example:
        >>> async with TimeLimit(120):  # doctest: +SKIP
        ...     await model.ainvoke("Why is the sky blue?")
    """

    def __init__(self, seconds: float, ends: float = math.inf) -> None:
        self._left, self._ends = seconds, ends
        self._waiting = 0  # how many tasks inside it wait now

    async def __aenter__(self) -> TimeLimit:
        """Start the clock."""
        self.loop = asyncio.get_running_loop()
        self._due = self.loop.time() + self._left
        self._limit = asyncio.timeout_at(min(self._due, self._ends))
        await self._limit.__aenter__()
        self._outer = _around.set((*_around.get(), self))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the clock."""
        _around.reset(self._outer)
        await self._limit.__aexit__(kind, error, trace)

    def expired(self) -> bool:
        """Return whether it was this limit that ended the block."""
        return self._limit.expired()

    def pause(self) -> None:
        """Stand still until as many calls of `go_on` have followed."""
        self._waiting += 1
        if self._waiting == 1:
            self._left = self._due - self.loop.time()
            self._move(math.inf)

    def go_on(self) -> None:
        """Count again."""
        self._waiting -= 1
        if not self._waiting:
            self._move(self.loop.time() + self._left)

    def _move(self, due: float) -> None:
        self._due, when = due, min(due, self._ends)
        with suppress(RuntimeError):  # it is over: who waits is about to be cancelled
            self._limit.reschedule(None if when == math.inf else when)


_around: ContextVar[tuple[TimeLimit, ...]] = ContextVar("tpo_time_limits", default=())


@asynccontextmanager
async def uncounted() -> AsyncIterator[None]:
    """Stop the clock of every time limit around a wait for a thread or for a rate limiter.

    Example:
        >>> async with uncounted():  # doctest: +SKIP
        ...     await rate_limiter.aacquire()
    """
    loop = asyncio.get_running_loop()
    limits = [limit for limit in _around.get() if limit.loop is loop]
    for limit in limits:
        limit.pause()
    try:
        yield
    finally:
        for limit in limits:
            limit.go_on()
