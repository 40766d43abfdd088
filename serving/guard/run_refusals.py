"""How a run is refused that has no place now, or whose server is stopping."""

from __future__ import annotations

from ..error_responses import Refusal

RETRY_AFTER = {"retry-after": "5"}
CUT_SHORT = "the server is stopping, or this key was revoked; try again soon"
STOPPING = "the server is stopping; try again soon"


def stopping(message: str = STOPPING) -> Refusal:
    """Return the refusal of a server that is stopping: a client may come back."""
    kind, code = "server_error", "server_stopping"
    return Refusal(503, message, kind=kind, code=code, headers=RETRY_AFTER)


def too_many(message: str) -> Refusal:
    """Return the refusal of a run for which there is no place now."""
    return Refusal(
        429,
        f"{message}; try again soon",
        kind="rate_limit_error",
        code="too_many_runs",
        headers=RETRY_AFTER,
    )
