"""Known hosts and origins: the web pages of strangers must not use a server on this machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..error_responses import Refusal, error_response

STUDIO = "https://smith.langchain.com"
# A page served from this machine belongs to its owner: for example, a frontend under development.
LOCAL_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


class KnownHost:
    """Refuses requests that name another host: DNS may lead a stranger's name to this machine.

    Args:
        app: The app behind the check.
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
                message = "this server does not answer to that host name; see --allow-host"
                refusal = Refusal(400, message, code="unknown_host")
                await error_response(refusal, scope["path"])(scope, receive, send)
                return
        await self.app(scope, receive, send)


class KnownOrigin:
    """Refuses requests from pages of other origins, unless the origin is known.

    CORS alone would only keep the page from reading the answer; the run would still be paid.

    Args:
        app: The app behind the check.
        origins: The known origins; `*` allows all.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app = app
        self.origins = {origin.rstrip("/").lower() for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the origin, then pass on."""
        if scope["type"] in {"http", "websocket"}:
            headers = Headers(scope=scope)
            origin = headers.get("origin", "").lower()
            if origin and not self._is_allowed(origin, headers.get("host", "").lower()):
                message = "pages of this origin may not use the server; see --allow-origin"
                refusal = Refusal(403, message, kind="permission_error", code="unknown_origin")
                await error_response(refusal, scope["path"])(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _is_allowed(self, origin: str, host: str) -> bool:
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
