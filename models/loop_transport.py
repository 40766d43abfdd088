"""A model's HTTP clients, made fit for one event loop after another, and for several at once.

A connection belongs to the loop that it was opened in, and the client of a model keeps it for the
next request. In another loop that request fails: `asyncio.run` twice, a notebook beside `align`.
Clients of several models may even be one (LangChain's packages keep them), so no copy of the
model helps. Each loop gets connections of its own instead, which are closed with the loop.
"""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from copy import copy
from functools import cached_property, partial
from types import FunctionType, MethodType, ModuleType
from typing import Protocol, cast
from weakref import ReferenceType, finalize, ref

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel

from .kept_http import HTTP_REPLIES, HttpRequest, Send
from .loop_end import close_at_loop_end
from .wire.recorded_stream import RecordedConnections

DEPTH = 4  # from a model to its client: model, resource, SDK, client
MOST = 1000  # things that are looked at
LEAVES = (type, str, bytes, int, float, FunctionType, MethodType, ModuleType)


class Transport(Protocol):
    """What sends the requests of a client, in httpx of whatever version."""

    async def handle_async_request(self, request: object) -> object:
        """Send one."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


Keeper = AsyncGenerator[None]
Opened = dict[AbstractEventLoop, tuple[Transport, Keeper]]
# What closes the connections of a loop. Not held by whoever has the connections: sockets in a
# garbage cycle warn before they are closed.
_keepers: dict[AbstractEventLoop, dict[int, Keeper]] = {}


def fit_for_any_loop(model: BaseChatModel) -> None:
    """Give every HTTP client (httpx) that a model holds a transport per event loop.

    Args:
        model: Whose clients; they are changed in place, and only once.
    """
    for name, maker in _class_members(type(model)):
        if isinstance(maker, cached_property) and "async" in name:
            with suppress(Exception):  # its own complaint, about a key say, comes with the request
                getattr(model, name)
    for client in clients_in(model):
        own = vars(client)
        own["_transport"] = per_loop(own["_transport"])
        mounts: dict[object, object] = own["_mounts"]
        own["_mounts"] = {at: per_loop(transport) for at, transport in mounts.items()}


def clients_in(model: object) -> Iterator[object]:
    """Find the async clients of httpx, of whatever version, in a model's attributes."""
    seen, level = {id(model)}, [model]
    for _ in range(DEPTH):
        below: list[object] = []
        for child in (child for thing in level for child in _children(thing)):
            if id(child) in seen or isinstance(child, LEAVES) or len(seen) > MOST:
                continue
            seen.add(id(child))
            if (
                hasattr(type(child), "aclose")
                and {"_transport", "_mounts"} <= _members(child).keys()
            ):
                yield child
            else:
                below.append(child)
        level = below


def per_loop(transport: object) -> object:
    """Return a transport that has connections of each loop; one that has none is returned as is."""
    pool = _members(transport).get("_pool")
    held = "_connections" in _members(pool)
    return LoopTransport(cast("Transport", transport)) if held else transport


class LoopTransport:
    """Sends a request through a transport of the running loop.

    Args:
        first: Where the settings are from. It sends nothing more, since the loop of what it has
            open is not known, and is closed with the client.
    """

    def __init__(self, first: Transport) -> None:
        self._first = first
        self._open: Opened = {}
        # Once its model is gone while the loops go on.
        finalize(self, close_everywhere, self._open).atexit = False

    async def handle_async_request(self, request: object) -> object:
        """Send a request, in whatever way the run keeps replies."""
        if replies := HTTP_REPLIES.get():
            send, asked = cast("Send", self.send), cast("HttpRequest", request)
            return await replies.fetch(send, asked)
        return await self.send(request)

    async def send(self, request: object) -> object:
        """Send a request from the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._open:
            for old in [old for old in list(self._open) if old.is_closed()]:
                self._open.pop(old, None)
            transport = copy(self._first)
            pool = vars(transport)["_pool"] = copy(vars(transport)["_pool"])
            vars(pool).update(_connections=[], _requests=[])
            if HTTP_REPLIES.get():
                connections = RecordedConnections(vars(pool)["_network_backend"])
                vars(pool)["_network_backend"] = connections
            keeper = await close_at_loop_end(partial(_close, loop, transport, ref(self)))
            for old in [old for old in list(_keepers) if old.is_closed()]:
                _keepers.pop(old, None)
            _keepers.setdefault(loop, {})[id(transport)] = keeper
            self._open[loop] = (transport, keeper)
        return await self._open[loop][0].handle_async_request(request)

    def forget(self, loop: AbstractEventLoop) -> None:
        """Forget the connections of a loop; they are about to be closed."""
        self._open.pop(loop, None)

    async def __aenter__(self) -> LoopTransport:
        """Open nothing: each loop does that when it sends."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close as `aclose` does."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections of this loop; those of others are closed with their loops."""
        if held := self._open.pop(asyncio.get_running_loop(), None):
            await held[0].aclose()  # not by its keeper, which the end of the loop may be closing
        with suppress(RuntimeError):  # its loop has ended
            await self._first.aclose()  # what was open before this transport took its place


def close_everywhere(opened: Opened) -> None:
    """Close connections in the loops that they belong to; loops that have ended closed theirs."""
    for loop, (_, keeper) in list(opened.items()):
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(end_soon, loop, keeper)


def end_soon(loop: AbstractEventLoop, keeper: Keeper) -> None:
    """Close connections, called in their loop."""

    async def end() -> None:
        await keeper.aclose()

    loop.create_task(end())


async def _close(
    loop: AbstractEventLoop, transport: Transport, owner: ReferenceType[LoopTransport]
) -> None:
    if alive := owner():
        alive.forget(loop)
    mine = _keepers.get(loop, {})
    mine.pop(id(transport), None)
    if not mine:
        _keepers.pop(loop, None)
    await transport.aclose()


def _members(thing: object) -> dict[str, object]:
    with suppress(AttributeError):  # a `__getattr__` of its own is not asked
        own = object.__getattribute__(thing, "__dict__")
        return own if isinstance(own, dict) else {}
    return {}


def _children(thing: object) -> list[object]:
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple):
        return list(thing)
    private = thing.__pydantic_private__ if isinstance(thing, BaseModel) else None
    return [*_members(thing).values(), *(private or {}).values()]


def _class_members(kind: type) -> Iterator[tuple[str, object]]:
    for base in kind.mro():
        yield from vars(base).items()
