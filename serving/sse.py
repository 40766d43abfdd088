"""Server-sent events: how they are written, and a response that ends when its client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from .cancel_on_disconnect import ClientLeft, cancel_on_disconnect, cancel_task
from .json_response import to_json

HEARTBEAT = b": heartbeat\r\n\r\n"


def event(name: str, data: object, id: str | None = None) -> bytes:
    """Return one event, as the Agent Server writes it."""
    body = data if isinstance(data, bytes) else to_json(data)
    id_line = f"id: {id}\r\n" if id else ""
    return b"event: %b\r\ndata: %b\r\n%b\r\n" % (name.encode(), body, id_line.encode())


class EventStream(Response):
    """Writes pieces as they come.

    It ends when the client leaves, or does not read for `patience` seconds. Then the source is
    closed, and with it the work behind it. After `heartbeat` seconds without a piece, `beat`
    is sent.

    Args:
        pieces: What to write.
        heartbeat: Seconds of silence.
        patience: Seconds one write may take.
        afterwards: Called at the end, however it ends.
        headers: Further headers.
        media_type: Of the pieces together.
        beat: What is sent in a silence.
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
            await cancel_on_disconnect(receive, self._write(send))
        except (ClientLeft, OSError, TimeoutError):
            pass  # the client is gone, or does not read
        finally:
            self.afterwards()

    async def _write(self, send: Send) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        async with aclosing(self.pieces) as pieces:
            await self._send(send, head)
            next_piece = asyncio.ensure_future(anext(pieces, None))
            try:
                while True:
                    done, _ = await asyncio.wait({next_piece}, timeout=self.heartbeat)
                    piece = next_piece.result() if done else self.beat
                    if piece is None:
                        break
                    body = {"type": "http.response.body", "body": piece, "more_body": True}
                    await self._send(send, body)
                    if done:
                        next_piece = asyncio.ensure_future(anext(pieces, None))
            finally:
                await cancel_task(next_piece)
            await self._send(send, {"type": "http.response.body", "body": b""})

    async def _send(self, send: Send, message: Message) -> None:
        async with asyncio.timeout(self.patience):
            await send(message)
