"""Connections that read replies into a place of a file (`wire_file.py`).

A plain connection does so as it reads. One with TLS does once it has decrypted what it read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from .reads_into_place import ReadsIntoPlace
from .wire_file import Place

PLACE: ContextVar[Place | None] = ContextVar("tpo_wire_place", default=None)


@contextmanager
def read_into(given: AbstractContextManager[Place | None]) -> Iterator[None]:
    """Read the reply to what is sent in this context into a place."""
    with given as place:
        token = PLACE.set(place)
        try:
            yield
        finally:
            PLACE.reset(token)


class Stream(Protocol):
    """A connection of httpcore, of whatever version: `AsyncNetworkStream`."""

    async def read(self, *args: object, **named: object) -> bytes:
        """Read what has come."""
        ...

    async def write(self, *args: object, **named: object) -> None:
        """Send."""
        ...

    async def aclose(self) -> None:
        """Close."""
        ...

    async def start_tls(self, *args: object, **named: object) -> Stream:
        """Go on with TLS."""
        ...

    def get_extra_info(self, info: str) -> object:
        """Return what is known of the connection."""
        ...


class RecordedStream:
    """A connection whose replies go into the place of whoever sent the request."""

    def __init__(self, inner: Stream, reading: ReadsIntoPlace | None) -> None:
        self.inner, self.reading = inner, reading
        self.place: Place | None = None
        self.aclose, self.get_extra_info = inner.aclose, inner.get_extra_info

    async def read(self, *args: object, **named: object) -> bytes:
        """Read what has come."""
        part = await self.inner.read(*args, **named)
        if self.place and not self.reading:
            self.place.add(part)
        return part

    async def write(self, *args: object, **named: object) -> None:
        """Send; what comes now is the reply to that."""
        place = PLACE.get()
        if place is not self.place and place:
            place.begin_again()
        self.place = place
        if self.reading:
            self.reading.place = place
        await self.inner.write(*args, **named)

    async def start_tls(self, *args: object, **named: object) -> Stream:
        """Go on with TLS."""
        if self.reading:
            self.reading.place = None
        return RecordedStream(await self.inner.start_tls(*args, **named), None)


class RecordedConnections:
    """Opens connections whose replies go into places."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.sleep = inner, inner.sleep

    async def connect_tcp(self, *args: object, **named: object) -> Stream:
        """Open a connection to a host."""
        return recorded(await self.inner.connect_tcp(*args, **named))

    async def connect_unix_socket(self, *args: object, **named: object) -> Stream:
        """Open a connection to a socket of this machine."""
        return recorded(await self.inner.connect_unix_socket(*args, **named))


def recorded(stream: Stream) -> Stream:
    """Return a connection that reads into places, as early as it can."""
    transport = getattr(getattr(stream, "_stream", None), "_transport", None)
    reading = None
    if isinstance(transport, asyncio.Transport):
        protocol = transport.get_protocol()
        if isinstance(protocol, asyncio.Protocol):
            reading = ReadsIntoPlace(protocol)
            transport.set_protocol(reading)
    return RecordedStream(stream, reading)
