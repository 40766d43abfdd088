"""What is said to a client that asks for something of OpenAI's that is not here."""

from __future__ import annotations

from starlette.requests import Request

from ..error_responses import Refusal
from .responses.routes import PATH

TAKES = {"/v1/chat/completions": "POST", "/v1/models": "GET"}
WITHOUT_V1 = ("/chat/completions", "/completions", "/responses", "/embeddings", "/models")


def not_served(request: Request, *, responses: bool) -> Refusal:
    """Return the refusal of a path, or of its method.

    Args:
        request: The request.
        responses: Whether `/v1/responses` is served.
    """
    path = request.url.path.rstrip("/")
    takes = methods_of(path, responses=responses)
    if path in WITHOUT_V1:
        message = f"there is no {path}: the client's base_url has to end in /v1"
    elif takes:
        message = f"{path} does not take {request.method}"
    else:
        message = f"{path} is not offered here"
    message += "; POST /v1/chat/completions is (client.chat.completions.create)"
    allow = {"allow": takes} if takes else None
    return Refusal(405 if takes else 404, message, code="unknown_url", headers=allow)


def methods_of(path: str, *, responses: bool) -> str | None:
    """Return the methods that a path takes, or `None` if it is not served."""
    if responses and path == PATH:
        return "POST"
    one = path.removeprefix(f"{PATH}/")
    if responses and one != path and "/" not in one:
        return "GET, DELETE"
    return TAKES.get(path)
