"""API keys: compared in constant time, and never shown."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..error_responses import Refusal


class NeedsKey:
    """Lets a request through only if it has a key.

    It comes as `Authorization: Bearer KEY` (OpenAI clients) or `X-Api-Key: KEY`
    (`langgraph_sdk`).

    Args:
        app: The app behind the check.
        keys: Any of these will do; without any, every request passes. An empty key never
            matches: if all are empty, no request passes.
    """

    def __init__(self, app: ASGIApp, keys: Sequence[SecretStr]) -> None:
        self.app = app
        self._guarded = bool(keys)
        self._keys = [key.get_secret_value().strip().encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the key, then pass on."""
        if scope["type"] == "http" and self._guarded and scope["method"] != "OPTIONS":
            check_key(Headers(scope=scope), self._keys)
        await self.app(scope, receive, send)


def check_key(headers: Headers, keys: Sequence[bytes]) -> None:
    """Refuse a request without one of the keys. A missing or empty header never matches.

    Raises:
        Refusal: 401.
    """
    scheme, _, value = headers.get("authorization", "").partition(" ")
    bearer = value if scheme.lower() == "bearer" else ""
    sent = (bearer.strip() or headers.get("x-api-key", "").strip()).encode("latin-1", "replace")
    # All of them, so that the time does not show which was nearly right.
    matches = [hmac.compare_digest(key, sent) for key in keys]
    if not sent or not any(matches):
        raise Refusal(
            401,
            "this server needs its API key, as Authorization: Bearer KEY or X-Api-Key: KEY",
            kind="authentication_error",
            code="invalid_api_key",
            headers={"www-authenticate": "Bearer"},
        )
