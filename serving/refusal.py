"""What a client is told when it gets no answer: a status, a sentence, a kind."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..core.errors import (
    ConfigError,
    InputError,
    MissingDependencyError,
    PolicyError,
    RewardError,
    TPOError,
)
from .as_json import JSON

log = logging.getLogger("tpo.serving")
NO_RETRY = {"x-should-retry": "false"}  # the openai client would pay for the same three times


class Refusal(HTTPException):
    """A request that is not answered.

    Args:
        status: HTTP status.
        message: What is wrong and what to do.
        kind: The `type` of OpenAI's error object.
        param: The parameter that is wrong.
        code: A short name to test for.
        headers: Further headers of the response.
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

    def as_error(self) -> dict[str, Any]:
        """Return OpenAI's error object."""
        about = {"type": self.kind, "param": self.param, "code": self.code}
        return {"error": {"message": self.detail, **about}}


def refusal_of(error: BaseException) -> Refusal:
    """Return what a client is told of an error; what clients must not see is logged."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        return Refusal(error.status_code, error.detail, headers=error.headers)
    if isinstance(error, TimeoutError):
        return Refusal(504, "the run took too long", kind="timeout", headers=NO_RETRY)
    if isinstance(error, InputError | ConfigError):
        return Refusal(400, str(error))
    kinds = {MissingDependencyError: "not_available", PolicyError: "policy_error"}
    kinds |= {RewardError: "reward_error", TPOError: "run_failed"}
    for kind, name in kinds.items():
        if isinstance(error, kind):
            status = 503 if kind is MissingDependencyError else 502
            return Refusal(status, str(error), kind="server_error", code=name, headers=NO_RETRY)
    log.error("a request failed unexpectedly", exc_info=error)
    said = "the server failed unexpectedly; its log says why"
    return Refusal(500, said, kind="server_error", headers=NO_RETRY)


async def explain_error(request: Request, error: Exception) -> Response:
    """Answer with an error, in the form of the API that was asked."""
    return told(refusal_of(error), request.url.path)


def told(refusal: Refusal, path: str) -> Response:
    """Return a refusal as a response in the form of the API that `path` belongs to."""
    body = refusal.as_error() if "/v1/" in path else {"detail": refusal.detail}
    return JSON(body, refusal.status_code, refusal.headers)
