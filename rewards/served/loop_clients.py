"""The HTTP clients of a served reward: one per event loop, closed when its loop ends."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any
from weakref import WeakKeyDictionary, finalize

import httpx

from ...models.loop_end import close_at_loop_end

CONNECTIONS = 16  # to one server at once, in one event loop; further requests wait
LINGER = 1.0  # seconds until the connections of a dropped adapter close

_certificates = cache(httpx.create_ssl_context)  # from the disk, and slow; the same for all


@dataclass(frozen=True)
class _Open:
    client: httpx.AsyncClient
    keeper: AsyncGenerator[None, None]
    dropped: finalize[..., Any]


@dataclass(frozen=True, eq=False)
class LoopClients:
    """Opens a client in each event loop that asks for one, and closes it.

    A client closes when its loop ends (as `asyncio.run` ends it), with `aclose`, or soon after
    nobody holds this object.

    Args:
        timeout: Seconds without a sign of life after which a request is given up.
    """

    timeout: float
    _open: WeakKeyDictionary[AbstractEventLoop, _Open] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    def __reduce__(self) -> tuple[type[LoopClients], tuple[float]]:
        """Have copies, in other processes too, open clients of their own."""
        return LoopClients, (self.timeout,)

    async def client(self) -> httpx.AsyncClient:
        """Return the client of the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._open:
            certificates = await asyncio.to_thread(_certificates)
            if loop not in self._open:  # nobody else was faster
                client = httpx.AsyncClient(
                    verify=certificates,
                    timeout=httpx.Timeout(self.timeout, pool=None),
                    limits=httpx.Limits(max_connections=CONNECTIONS),
                )
                keeper = await close_at_loop_end(partial(_close, self._open, loop, client))
                dropped = finalize(self, _close_later, loop, keeper)
                dropped.atexit = False
                self._open[loop] = _Open(client, keeper, dropped)
        return self._open[loop].client

    async def aclose(self) -> None:
        """Close the client of the running event loop; the next request opens a new one."""
        if opened := self._open.get(asyncio.get_running_loop()):
            await opened.keeper.aclose()


async def _close(
    opened: WeakKeyDictionary[AbstractEventLoop, _Open],
    loop: AbstractEventLoop,
    client: httpx.AsyncClient,
) -> None:
    if held := opened.pop(loop, None):
        held.dropped.detach()
    await client.aclose()


def _close_later(loop: AbstractEventLoop, keeper: AsyncGenerator[None, None]) -> None:
    """Close the client of a `LoopClients` that was dropped while its loop goes on.

    Not at once: a loop that is about to end, and a program often drops everything just
    before, would cancel it half done. Until then the loop's end closes it as usual.
    """

    def close() -> None:
        task = loop.create_task(keeper.aclose())
        _closing.add(task)
        task.add_done_callback(_closing.discard)

    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.call_later, LINGER, close)


_closing: set[asyncio.Task[None]] = set()  # a loop forgets tasks that nobody holds
