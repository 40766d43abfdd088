"""Reads the body of a request, within the limits of size and time."""

from __future__ import annotations

import asyncio
import json

from starlette.requests import Request

from ...core.strict_json import parse_json
from ..error_responses import Refusal
from ..server_settings import Settings

MAX_DIGITS = 20  # of Content-Length


async def read_json(request: Request, settings: Settings) -> object:
    """Return the JSON of a request's body, or `None` if it is empty.

    Raises:
        Refusal: it is too large (413), too slow (408), or not JSON (400).
    """
    declared = request.headers.get("content-length", "0")[:MAX_DIGITS]
    if declared.isdecimal() and int(declared) > settings.max_body_bytes:
        raise _too_large(settings)
    raw = bytearray()
    try:
        async with asyncio.timeout(settings.patience_seconds):
            async for piece in request.stream():  # a chunked body declares no length
                raw += piece
                if len(raw) > settings.max_body_bytes:
                    raise _too_large(settings)
    except TimeoutError:
        raise Refusal(408, "the body did not come", headers={"connection": "close"}) from None
    if not raw:
        return None
    try:
        return parse_json(bytes(raw))
    except ValueError as error:
        why = "" if isinstance(error, json.JSONDecodeError | UnicodeError) else f": {error}"
        raise Refusal(400, f"the body is not JSON{why}", code="invalid_json") from None


def _too_large(settings: Settings) -> Refusal:
    message = f"the body is larger than the {settings.max_body_bytes} bytes this server takes"
    return Refusal(413, message, code="body_too_large", headers={"connection": "close"})
