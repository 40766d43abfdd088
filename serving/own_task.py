"""A stream made in a task of its own: when nobody reads it any more, all its work stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from starlette.types import Receive

T = TypeVar("T")
MOST_AHEAD = 256  # items made before the reader has taken them


@dataclass
class _End:
    error: BaseException | None = None


class Gone(Exception):  # noqa: N818  no error: the client left
    """The client left before it was answered."""


class TookTooLong(Exception):  # noqa: N818  its owner says in words what did
    """The time that was given is over."""


class CutOff(Exception):  # noqa: N818  its owner says why
    """The work was cancelled from outside."""


async def in_own_task(
    source: Callable[[], AsyncIterator[T]], seconds: float, tasks: set[asyncio.Task[None]]
) -> AsyncGenerator[T]:
    """Yield what `source` yields; closing this cancels everything under way at once.

    A graph whose stream is simply dropped lets its requests run to their end, paid and
    unread. Close it with `contextlib.aclosing`.

    Args:
        source: What makes the stream.
        seconds: How long it may take.
        tasks: Holds the task while it works, for those who have to cancel it.

    Raises:
        TookTooLong: the source did not end in time.
        CutOff: the task was cancelled.
    """
    queue: asyncio.Queue[T | _End] = asyncio.Queue(MOST_AHEAD)

    async def pump() -> None:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                async for item in source():
                    await queue.put(item)
        except asyncio.CancelledError:
            with suppress(asyncio.QueueFull):
                queue.put_nowait(_End(CutOff()))
            raise
        except Exception as error:  # noqa: BLE001  raised again by the reader
            await queue.put(_End(TookTooLong() if limit.expired() else error))
        else:
            await queue.put(_End())

    task = asyncio.create_task(pump())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    try:
        while not isinstance(item := await queue.get(), _End):
            yield item
        if item.error:
            raise item.error
    finally:
        await stop(task)


async def unless_gone(receive: Receive, work: Awaitable[T]) -> T:
    """Await `work`, and cancel it as soon as the client leaves.

    Raises:
        Gone: it left.
    """
    task = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(has_left(receive))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Gone
    finally:
        await stop(task)
        await stop(leaving)


async def has_left(receive: Receive) -> None:
    """Return when the client closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def stop(task: asyncio.Future[T]) -> None:
    """Cancel a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
