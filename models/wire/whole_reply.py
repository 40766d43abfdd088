"""Replies that a kill left as they came from the wire: those that are whole are kept."""

from __future__ import annotations

import json
from contextlib import suppress

import httpx

from ..asking.stream_end import StreamEnd

OK = 200


def whole_reply(raw: bytes) -> str:
    """Return a reply as `HttpReplies` keeps it; "" if it is not whole, or a refusal.

    Args:
        raw: What came, followed by zeros, as many as there was room for.
    """
    import h11

    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("host", "any")]))
    connection.send(h11.EndOfMessage())
    status, headers, body, ended = 0, httpx.Headers(), bytearray(), False
    with suppress(h11.RemoteProtocolError):  # it ends in the midst of a chunk
        connection.receive_data(raw)
        while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Response):
                status, headers = event.status_code, httpx.Headers(list(event.headers))
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                ended = True
                break
    return as_kept(headers, bytes(body), ended=ended) if status == OK else ""


def as_kept(headers: httpx.Headers, body: bytes, *, ended: bool) -> str:
    """Return a body as it is kept, or "" if it was cut off: it has zeros, or broken JSON."""
    kind, encoded = headers.get("content-type", ""), "content-encoding" in headers
    try:
        whole = body if encoded else body.rstrip(b"\0")
        content = httpx.Response(OK, headers=headers, content=whole).content
        if "event-stream" not in kind:
            json.loads(content.decode())
        elif not (ended and b"\0" not in content) and not StreamEnd().is_in(content):
            return ""
        return reply_to_keep(kind, content)
    except (httpx.DecodingError, ValueError):
        return ""


def reply_to_keep(kind: str, body: bytes) -> str:
    """Return a reply as it is kept: its content type and its text.

    Raises:
        UnicodeDecodeError: its bytes are not text.
    """
    return json.dumps([kind, body.decode()])
