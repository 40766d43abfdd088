"""API keys: compared in constant time, never shown."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..refusal import Refusal


class NeedsKey:
    """Lets only those through who know a key.

    It comes as `Authorization: Bearer KEY` (OpenAI clients) or `X-Api-Key: KEY`
    (`langgraph_sdk`).

    Args:
        app: What is behind.
        keys: Any of these will do; none lets everybody through.
    """

    def __init__(self, app: ASGIApp, keys: Sequence[SecretStr]) -> None:
        self.app = app
        self._keys = [key.get_secret_value().encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the key, then pass on."""
        if scope["type"] == "http" and self._keys and scope["method"] != "OPTIONS":
            check_key(Headers(scope=scope), self._keys)
        await self.app(scope, receive, send)


def check_key(headers: Headers, keys: Sequence[bytes]) -> None:
    """Refuse a request without a right key.

    Raises:
        Refusal: 401.
    """
    kind, _, given = headers.get("authorization", "").partition(" ")
    said = given.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")
    # All of them, so that the time does not tell which was nearly right.
    right = [hmac.compare_digest(key, said.encode("latin-1", "replace")) for key in keys]
    if not any(right):
        raise Refusal(
            401,
            "this server needs its API key, as Authorization: Bearer KEY or X-Api-Key: KEY",
            kind="authentication_error",
            code="invalid_api_key",
            headers={"www-authenticate": "Bearer"},
        )
