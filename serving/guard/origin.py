"""Web pages of strangers must not drive a server on this machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..refusal import Refusal, told

STUDIO = "https://smith.langchain.com"
# A page served from this machine is its owner's own: a frontend under development, say.
LOCAL_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


class KnownHost:
    """Refuses requests that name another host: a page whose name now leads to this machine.

    Args:
        app: What is behind.
        names: The names of this server; `*` allows all.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self.app = app
        self.names = {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the host, then pass on."""
        if scope["type"] in {"http", "websocket"} and "*" not in self.names:
            name = host_name(Headers(scope=scope).get("host", ""))
            if name not in self.names:
                said = "this server does not answer to that host name; see --allow-host"
                await told(Refusal(400, said, code="unknown_host"), scope["path"])(
                    scope, receive, send
                )
                return
        await self.app(scope, receive, send)


class KnownOrigin:
    """Refuses requests that a page of another origin makes, unless it is known.

    CORS alone would only keep the page from reading the answer; the run would be paid.

    Args:
        app: What is behind.
        origins: Origins that may; `*` allows all.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app = app
        self.origins = {origin.rstrip("/").lower() for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the origin, then pass on."""
        if scope["type"] in {"http", "websocket"}:
            headers = Headers(scope=scope)
            origin = headers.get("origin", "").lower()
            if origin and not self._may(origin, headers.get("host", "").lower()):
                said = "pages of this origin may not use the server; see --allow-origin"
                refusal = Refusal(403, said, kind="permission_error", code="unknown_origin")
                await told(refusal, scope["path"])(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _may(self, origin: str, host: str) -> bool:
        if "*" in self.origins or origin in self.origins or re.fullmatch(LOCAL_ORIGIN, origin):
            return True
        try:
            return urlsplit(origin).netloc == host
        except ValueError:
            return False


def host_name(host: str) -> str:
    """Return a Host header without its port.

    Example:
        >>> host_name("[::1]:8000"), host_name("localhost:8000")
        ('::1', 'localhost')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
