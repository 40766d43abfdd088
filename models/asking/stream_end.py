"""Whether a stream of the OpenAI protocol said that it is complete: its last event is `[DONE]`.

Client libraries stop there and do not tell. A few servers say nothing else of the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextvars import ContextVar

import httpx

DONE = b"[DONE]"
ends: ContextVar[list[bool] | None] = ContextVar("ends", default=None)
"""Takes `True` when a stream says so, of the requests that are made in this context."""


async def watch_end(response: httpx.Response) -> None:
    """Watch the end of a stream: a hook for the responses of an `httpx.AsyncClient`."""
    seen, read = ends.get(), response.aiter_bytes
    if seen is None:
        return

    async def aiter_bytes(chunk_size: int | None = None) -> AsyncIterator[bytes]:
        tail = b""
        async for part in read(chunk_size):
            tail = tail[-len(DONE) :] + part
            if DONE in tail:
                seen.append(True)
            yield part

    vars(response)["aiter_bytes"] = aiter_bytes
