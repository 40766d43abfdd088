"""Closes connections that send or read nothing, so that they cannot pile up or shut out others."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .callers import PLACE


class SlowClientProtocol(H11Protocol):
    """uvicorn's protocol with limits on waiting: for a request's head, and for a reader.

    If there are as many connections as may be, the stranger who has been without a request for
    the longest is closed for the newest; at twice as many, whoever has been. So strangers who
    only hold connections shut out nobody.
    """

    seconds: ClassVar[float] = 30
    most: ClassVar[int] = 1000
    waiting: ClassVar[dict[SlowClientProtocol, None]] = {}  # the longest first
    is_known = False  # whether a request of it had a key: not all routes ask for one
    _limit: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        self._make_room(len(self.connections) + 1)
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Stop waiting once the head of a request is complete."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._limit is None:
            self._wait()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self.is_known = self.is_known or (self.scope is not None and PLACE in self.scope)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()

    def pause_writing(self) -> None:
        """Wait until the client has read what is sent, but not longer than it may take."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.seconds, self.drop)

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        super().resume_writing()
        if self._unread:
            self._unread.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def drop(self) -> None:
        """Close the connection at once, whatever has not been read."""
        self._stop_waiting()
        self.connections.discard(self)  # not counted until the loop tells of its end
        self.transport.abort()

    def _make_room(self, number: int) -> None:
        idle = next((one for one in self.waiting if not one.is_known), None)
        if idle is None and number >= 2 * self.most:
            idle = next(iter(self.waiting), None)
        if idle and number >= self.most:
            idle.drop()

    def _wait(self) -> None:
        self._stop_waiting()
        self.waiting[self] = None
        self._limit = self.loop.call_later(self.seconds, self.drop)

    def _stop_waiting(self) -> None:
        self.waiting.pop(self, None)
        if self._limit:
            self._limit.cancel()
        self._limit = None


def slow_client_protocol(seconds: float, most: int) -> type[asyncio.Protocol]:
    """Return the protocol of one server.

    Args:
        seconds: How long a client may take to send the head of a request, or to read a piece.
        most: Connections at the same time.
    """
    own = {"seconds": seconds, "most": most, "waiting": {}}
    return type("OwnProtocol", (SlowClientProtocol,), own)
