"""Whether a stream of the OpenAI protocol said that it is complete: its last event is `[DONE]`.

Client libraries stop there and do not tell. A few servers say nothing else of the end.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextvars import ContextVar

import httpx

LAST = re.compile(rb"[\r\n]data: ?\[DONE\]")  # a line of its own: answers may speak of [DONE]
LONGEST = len(b"\ndata: [DONE]")
ends: ContextVar[list[bool] | None] = ContextVar("ends", default=None)
"""Takes `True` when a stream says so, of the requests that are made in this context."""


class StreamEnd:
    """Finds the last event of a stream in its bytes, however they are cut (local to one stream)."""

    def __init__(self) -> None:
        self._tail = b"\n"  # a stream begins with a line

    def is_in(self, part: bytes) -> bool:
        """Return whether the stream says with its next part that it is complete."""
        self._tail = self._tail[-LONGEST:] + part
        return LAST.search(self._tail) is not None


async def watch_end(response: httpx.Response) -> None:
    """Watch the end of a stream: a hook for the responses of an `httpx.AsyncClient`."""
    seen, read = ends.get(), response.aiter_bytes
    if seen is None:
        return

    async def aiter_bytes(chunk_size: int | None = None) -> AsyncIterator[bytes]:
        end = StreamEnd()
        async for part in read(chunk_size):
            if end.is_in(part):
                seen.append(True)
            yield part

    vars(response)["aiter_bytes"] = aiter_bytes
