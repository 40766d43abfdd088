"""What a failed request means: try again, leave a parameter out, or give up."""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from typing import Literal

import httpx
from langchain_core.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelRateLimitError,
    ModelTimeoutError,
)
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from .budget import Budget

_PASSING = (
    ModelAPIError,
    ModelConnectionError,
    ModelRateLimitError,
    ModelTimeoutError,
    httpx.TransportError,
    ConnectionError,
    TimeoutError,
)
_PASSING_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_REFUSAL = re.compile(
    r"(?i)unsupport|not support|unknown|unrecogni[sz]ed|not permitted|not allowed|unexpected"
    r"|extra inputs|does not|only (?:the default|one|1)|must be|deprecated"
    r"|cannot (?:both )?be|invalid"
)
_NAMES = {
    "n": r"(?:['\"`]n['\"`]|\bn\s*[>=]|\bn (?:must|is|should|parameter)|n_cmpl|n_parallel|slots"
    r"|completion choices?|multiple (?:choices|completions|candidates))",
    "response_format": r"(?i:response_format|json_schema|structured outputs?|grammar)",
    "max_tokens": r"max_(?:completion_|output_)?tokens",
}
MAX_SECONDS = 60.0


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status behind an error, if there is one."""
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return None


def is_transient(error: BaseException) -> bool:
    """Return whether the same request may succeed later: rate limit, 5xx, lost connection."""
    status = status_of(error)
    if status is not None:
        return status in _PASSING_STATUS
    return isinstance(error, _PASSING)


def failure_of_request(error: BaseException) -> Literal["failed", "refused"]:
    """Return the kind of a request that failed for good: the server refused it, or it failed."""
    status = status_of(error)
    refused = status is not None and 400 <= status < 500 and not is_transient(error)
    return "refused" if refused else "failed"


def pause_before_retry(error: BaseException | None, attempt: int) -> float:
    """Return seconds to wait: what the server asks for, else doubling from half a second.

    Args:
        error: The fault.
        attempt: How many attempts were made, from 1.
    """
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        seconds = max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        seconds = 0.5 * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311  jitter
    return min(MAX_SECONDS, seconds)


def retrying(attempts: int, budget: Budget | None = None) -> AsyncRetrying:
    """Return the loop that repeats a request after faults that may pass; it raises the last.

    Args:
        attempts: How many there are at most.
        budget: Allows no more, if it is used up or has no time for the pause.
    """
    left = budget or Budget()

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return pause_before_retry(error, state.attempt_number)

    return AsyncRetrying(
        stop=stop_after_attempt(attempts) | (lambda state: not left.take(state.upcoming_sleep)),
        retry=retry_if_exception(is_transient),
        wait=wait,
        reraise=True,
    )


def refused_parameter(error: BaseException, sent: Collection[str]) -> str | None:
    """Return which of the parameters sent the server refuses, or `None`.

    Reads the error's own `param` if there is one, else its sentence.
    """
    if isinstance(error, NotImplementedError):  # LangChain's word for: no structured output
        return "response_format" if "response_format" in sent else None
    if status_of(error) not in {400, 422} and not isinstance(error, TypeError):
        return None
    param = getattr(error, "param", None)
    param = {"max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens"}.get(
        str(param), param
    )
    if isinstance(param, str) and (name := param.split(".")[0]) in sent:
        return name
    text = str(error)
    if not _REFUSAL.search(text):
        return None
    for name in sorted(sent, key=len, reverse=True):
        if re.search(_NAMES.get(name, rf"\b{re.escape(name)}\b"), text):
            return name
    return None
