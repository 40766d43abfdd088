"""Behind a proxy that ends TLS, addresses that the server makes begin as the client's do."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from .proxies import Proxies

HEADER = b"x-forwarded-proto"
SCHEMES = (b"http", b"https")


class ForwardedScheme:
    """Takes the scheme of a request from `X-Forwarded-Proto`, if a trusted proxy sent it.

    From anyone else the header is ignored, and so is one that is there twice or holds anything
    else: a redirect would lead there.

    Args:
        app: The app behind.
        proxies: Those that may say so.
    """

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self.app, self.proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the scheme, then pass on."""
        if scope["type"] == "http":
            said = [value.strip().lower() for name, value in scope["headers"] if name == HEADER]
            if len(said) == 1 and said[0] in SCHEMES and self.proxies.sent(scope):
                scope = {**scope, "scheme": said[0].decode("ascii")}
        await self.app(scope, receive, send)
