"""Closes connections that send nothing, or a header a minute, so that they cannot pile up."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


def slow_client_protocol(seconds: float) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol, with a time limit until the head of a request is complete.

    Args:
        seconds: The limit, from the connection or the first byte after a response.
    """

    class SlowClientProtocol(H11Protocol):
        _limit: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._stop_waiting()
            elif self._limit is None:
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _wait(self) -> None:
            self._limit = self.loop.call_later(seconds, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._limit:
                self._limit.cancel()
            self._limit = None

    return SlowClientProtocol
