"""What a server replied, kept as it came, before anything else is done with it.

The thread of the runs has much to do: a reply waited there to be read, and longer to be parsed. A
kill meanwhile lost it. So another thread reads it, and keeps it once its last byte is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol, cast

from .asking.stream_end import StreamEnd
from .wire.recorded_stream import read_into
from .wire.whole_reply import OK, reply_to_keep
from .wire.wire_file import GivePlace, no_place

REST = 0.1  # seconds that a stream has to end once it said that it is complete
ENCODED = {b"content-encoding", b"content-length", b"transfer-encoding"}  # not so any more


RawHeaders = Sequence[tuple[bytes, bytes]]


class HttpRequest(Protocol):
    """A request of httpx, of whatever version."""

    async def aread(self) -> bytes:
        """Return its body."""
        ...


class HttpHeaders(Protocol):
    """The headers of httpx, of whatever version; as they came, one of them may be there twice."""

    raw: RawHeaders

    def get(self, key: str, default: str) -> str:
        """Return one of them."""
        ...


class HttpResponse(Protocol):
    """A response of httpx, of whatever version."""

    status_code: int
    headers: HttpHeaders

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes."""
        ...

    async def aclose(self) -> None:
        """Give the connection back."""
        ...


Send = Callable[[HttpRequest], Awaitable[HttpResponse]]


@dataclass
class HttpReplies:
    """The replies of servers to one request of ours, or to its repeated attempts.

    Attributes:
        loop: The event loop that reads them.
        asked: The text that each HTTP request holds. Nothing else is kept: a client may fetch a
            token in the same way.
        take: Takes what an earlier process kept under a name.
        keep: Keeps a reply under a name.
        place: Gives a place to read a reply to, until it is kept under that name.
        kept: Whether the newest one was kept.
    """

    loop: AbstractEventLoop
    asked: str
    take: Callable[[str], str | None]
    keep: Callable[[str, str], Awaitable[None]]
    place: GivePlace = no_place
    kept: bool = False

    async def fetch(self, send: Send, request: HttpRequest) -> HttpResponse:
        """Return the reply that was kept, or send the request and keep what comes."""
        body = await request.aread()
        name = hashlib.sha256(body).hexdigest()[:32] if holds(body, self.asked) else ""
        written = self.take(name) if name else None
        self.kept = bool(written)
        if written:
            kind, content = json.loads(written)
            headers = [(b"content-type", kind.encode())]
            return response_to(request, OK, headers, content.encode())
        reading = asyncio.run_coroutine_threadsafe(self.read(send, request, name), self.loop)
        return await asyncio.wrap_future(reading)

    async def read(self, send: Send, request: HttpRequest, name: str) -> HttpResponse:
        """Send a request, and keep what comes under a name, unless that is ""."""
        with read_into(self.place(name) if name else nullcontext()):
            response = await send(request)
            kind, parts = response.headers.get("content-type", ""), response.aiter_bytes()
            body = await whole_body(parts, is_stream="event-stream" in kind)
            if name and response.status_code == OK:
                with suppress(UnicodeDecodeError):  # then it is kept once it is parsed
                    await self.keep(name, reply_to_keep(kind, body))
                    self.kept = True
        with suppress(Exception):  # whatever it is, the reply is there
            async with asyncio.timeout(REST):
                async for _ in parts:
                    pass  # else the connection cannot be used again
        await response.aclose()
        headers = [one for one in response.headers.raw if one[0].lower() not in ENCODED]
        return response_to(request, response.status_code, headers, body)


HTTP_REPLIES: ContextVar[HttpReplies | None] = ContextVar("tpo_http_replies", default=None)


async def whole_body(parts: AsyncIterator[bytes], *, is_stream: bool) -> bytes:
    """Return a body; a stream may be left open by its server once it said that it is complete."""
    body, end = bytearray(), StreamEnd()
    async for part in parts:
        body += part
        if is_stream and end.is_in(part):
            break
    return bytes(body)


def holds(body: bytes, text: str) -> bool:
    """Return whether a body of JSON holds a text, as one string of its own.

    Example:
        >>> holds(b'{"content": "Why?"}', "Why?"), holds(b'{"content": "Why?"}', "Why")
        (True, False)
    """
    forms = {json.dumps(text, ensure_ascii=plain) for plain in (True, False)}
    return any(one.encode(errors="replace") in body for one in forms)


def response_to(
    request: HttpRequest, status: int, headers: RawHeaders, body: bytes
) -> HttpResponse:
    """Return a response of the same version of httpx as the request."""
    httpx = sys.modules[type(request).__module__.partition(".")[0]]
    return cast("HttpResponse", httpx.Response(status, headers=headers, content=body))
