"""Error responses: what a client gets in place of an answer."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..core.errors import (
    TOO_MANY,
    ConfigError,
    InputError,
    MissingDependencyError,
    PolicyError,
    RewardError,
    TPOError,
)
from ..core.json_types import JsonObject
from ..models.failures.error_parts import causes_of, is_a
from .json_response import JsonResponse
from .operations.request_record import note_failure

log = logging.getLogger("tpo.serving")
COME_BACK = 5  # seconds, if a server that takes no more names none
OVERLOADED, TIMED_OUT = {503, 529}, {408, 504}  # statuses of a server behind the run
TIMEOUTS = ("TimeoutError", "APITimeoutError", "TimeoutException", "ModelTimeoutError")
NO_RETRY = {"x-should-retry": "false"}  # the openai client would pay for the same three times


class Refusal(HTTPException):
    """The server does not answer a request.

    Args:
        status: HTTP status.
        message: What is wrong and what to do.
        kind: The `type` of OpenAI's error object.
        param: The parameter that is wrong.
        code: A short name for programs.
        headers: More headers of the response.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.kind, self.param, self.code = kind, param, code

    def as_error(self) -> JsonObject:
        """Return OpenAI's error object."""
        about = {"type": self.kind, "param": self.param, "code": self.code}
        return {"error": {"message": self.detail, **about}}


def refusal_of(error: BaseException) -> Refusal:
    """Return the refusal that stands for an error; what clients must not see is only logged."""
    if isinstance(error, HTTPException):
        plain = Refusal(error.status_code, error.detail, headers=error.headers)
        return error if isinstance(error, Refusal) else plain
    if isinstance(error, TimeoutError):
        return Refusal(504, "the run took too long", kind="timeout", headers=NO_RETRY)
    if isinstance(error, InputError | ConfigError):
        return Refusal(400, str(error))
    if isinstance(error, TPOError) and (passing := passing_failure(error)):
        return passing
    kinds = {MissingDependencyError: "not_available", PolicyError: "policy_error"}
    kinds |= {RewardError: "reward_error", TPOError: "run_failed"}
    for kind, name in kinds.items():
        if isinstance(error, kind):
            status = 503 if kind is MissingDependencyError else 502
            return Refusal(status, str(error), kind="server_error", code=name, headers=NO_RETRY)
    log.error("a request failed unexpectedly", exc_info=error)
    message = "the server failed unexpectedly; its log says why"
    return Refusal(500, message, kind="server_error", headers=NO_RETRY)


def passing_failure(error: TPOError) -> Refusal | None:
    """Return the refusal for a server behind the run that may do better later, if it is that.

    A client may come back after `Retry-After`. After a timeout it is not told to: the run may
    have been paid for.
    """
    pause = COME_BACK if error.retry_after is None else error.retry_after
    headers = {"retry-after": str(math.ceil(pause))}
    if error.status == TOO_MANY:
        kind, code = "rate_limit_error", "rate_limit_exceeded"
        return Refusal(TOO_MANY, str(error), kind=kind, code=code, headers=headers)
    if error.status in OVERLOADED:
        code = "upstream_unavailable"
        return Refusal(503, str(error), kind="server_error", code=code, headers=headers)
    if error.status in TIMED_OUT or (error.status is None and timed_out(error)):
        return Refusal(504, str(error), kind="timeout", code="upstream_timeout", headers=NO_RETRY)
    return None


def timed_out(error: TPOError) -> bool:
    """Return whether an error comes of a server that did not answer in time."""
    return any(is_a(one, *TIMEOUTS) for one in causes_of(error))


async def handle_error(
    request: Request, error: Exception, shown: Callable[[str], str] = str
) -> Response:
    """Return the response to an error, in the form of the API that was called.

    Args:
        request: What was asked.
        error: What happened.
        shown: Makes of a message what clients may see.
    """
    refusal, path = refusal_of(error), request.url.path
    note_failure(refusal.code or refusal.kind, refusal.detail)
    refusal.detail = shown(refusal.detail)
    if (refusal.status_code, refusal.detail) == (404, "Not Found"):  # Starlette's own
        served = "chat clients ask under /v1, LangGraph's SDK /threads and /runs, people /app/"
        refusal = Refusal(404, f"there is nothing at {path[:100]}: {served}")
    return error_response(refusal, path)


def error_response(refusal: Refusal, path: str) -> Response:
    """Return a refusal as a response in the form of the API that `path` belongs to."""
    note_failure(refusal.code or refusal.kind, refusal.detail)
    body = refusal.as_error() if "/v1/" in path else {"detail": refusal.detail}
    return JsonResponse(body, refusal.status_code, refusal.headers)
