"""Work that is cancelled as soon as nobody waits for it any more: paid requests must not go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from starlette.types import Receive

T = TypeVar("T")
MAX_QUEUED = 256  # items that wait for the reader


@dataclass
class _End:
    error: BaseException | None = None


class ClientLeft(Exception):  # noqa: N818  this is not an error
    """The client left before it was answered."""


class OutOfTime(Exception):  # noqa: N818  the caller says what was
    """The work took longer than it was given."""


class Cancelled(Exception):  # noqa: N818  the caller says why
    """The work was cancelled from outside."""


async def cancellable_stream(
    source: Callable[[], AsyncIterator[T]], seconds: float, tasks: set[asyncio.Task[None]]
) -> AsyncGenerator[T]:
    """Yield what `source` yields, from a task that is cancelled when this is closed.

    If the stream of a graph is only dropped, its requests run to their end: paid, and read by
    nobody. So close this with `contextlib.aclosing`.

    Args:
        source: Makes the stream.
        seconds: How long it may take.
        tasks: Holds the task while it works, so that others can cancel it.

    Raises:
        OutOfTime: the source did not end in time.
        Cancelled: the task was cancelled.
    """
    queue: asyncio.Queue[T | _End] = asyncio.Queue(MAX_QUEUED)

    async def pump() -> None:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                async for item in source():
                    await queue.put(item)
        except asyncio.CancelledError:
            with suppress(asyncio.QueueFull):
                queue.put_nowait(_End(Cancelled()))
            raise
        except Exception as error:  # noqa: BLE001  raised again by the reader
            await queue.put(_End(OutOfTime() if limit.expired() else error))
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
        await cancel_task(task)


async def cancel_on_disconnect(receive: Receive, work: Awaitable[T]) -> T:
    """Await `work`, and cancel it as soon as the client leaves.

    Raises:
        ClientLeft: it left.
    """
    task = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(wait_for_disconnect(receive))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientLeft
    finally:
        await cancel_task(task)
        await cancel_task(leaving)


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def cancel_task(task: asyncio.Future[T]) -> None:
    """Cancel a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
