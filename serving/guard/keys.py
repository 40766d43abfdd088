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
        keys: Any of these will do; none lets everybody through. Empty ones open nothing: with
            empty ones only, nobody comes through.
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
    """Refuse a request without a right key. No header, or an empty one, never is one.

    Raises:
        Refusal: 401.
    """
    kind, _, given = headers.get("authorization", "").partition(" ")
    bearer = given if kind.lower() == "bearer" else ""
    said = (bearer.strip() or headers.get("x-api-key", "").strip()).encode("latin-1", "replace")
    # All of them, so that the time does not tell which was nearly right.
    right = [hmac.compare_digest(key, said) for key in keys]
    if not said or not any(right):
        raise Refusal(
            401,
            "this server needs its API key, as Authorization: Bearer KEY or X-Api-Key: KEY",
            kind="authentication_error",
            code="invalid_api_key",
            headers={"www-authenticate": "Bearer"},
        )
