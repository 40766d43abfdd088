"""Server-sent events: how they are written, and a response that minds its client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .as_json import to_json
from .own_task import Gone, stop, unless_gone

HEARTBEAT = b": heartbeat\r\n\r\n"


def event(name: str, data: Any, id: str | None = None) -> bytes:
    """Return one event, as the Agent Server writes it."""
    body = data if isinstance(data, bytes) else to_json(data)
    last = f"id: {id}\r\n" if id else ""
    return b"event: %b\r\ndata: %b\r\n%b\r\n" % (name.encode(), body, last.encode())


class EventStream(Response):
    """Writes pieces as they come.

    It ends when the client leaves, or does not read for `patience` seconds; then the
    source is closed, and with it the work behind it. A silence of `heartbeat` seconds,
    counted from the last bytes written, is filled with a comment.

    Args:
        pieces: What to write.
        heartbeat: Seconds of silence.
        patience: Seconds one write may take.
        afterwards: Called at the end, however it ends.
        headers: Further headers.
        media_type: What the pieces make.
        beat: What fills a silence.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes],
        *,
        heartbeat: float,
        patience: float,
        afterwards: Callable[[], object] = bool,
        headers: Mapping[str, str] | None = None,
        media_type: str = "text/event-stream",
        beat: bytes = HEARTBEAT,
    ) -> None:
        self.pieces, self.heartbeat, self.patience = pieces, heartbeat, patience
        self.afterwards, self.beat = afterwards, beat
        usual = {"cache-control": "no-store", "x-accel-buffering": "no"}
        self.status_code, self.background = 200, None
        self.media_type = media_type
        self.body = b""
        self.init_headers({**usual, **(headers or {})})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write all pieces to the client, or until it leaves."""
        try:
            await unless_gone(receive, self._write(send))
        except (Gone, OSError, TimeoutError):
            pass  # the client is gone, or does not read
        finally:
            self.afterwards()

    async def _write(self, send: Send) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        async with aclosing(self.pieces) as pieces:
            await self._send(send, head)
            more = asyncio.ensure_future(anext(pieces, None))
            try:
                while True:
                    done, _ = await asyncio.wait({more}, timeout=self.heartbeat)
                    piece = more.result() if done else self.beat
                    if piece is None:
                        break
                    body = {"type": "http.response.body", "body": piece, "more_body": True}
                    await self._send(send, body)
                    if done:
                        more = asyncio.ensure_future(anext(pieces, None))
            finally:
                await stop(more)
            await self._send(send, {"type": "http.response.body", "body": b""})

    async def _send(self, send: Send, message: dict[str, Any]) -> None:
        async with asyncio.timeout(self.patience):
            await send(message)
