"""What a failed request means: try again, leave a parameter out, or give up."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection

from langchain_core.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelRateLimitError,
    ModelTimeoutError,
    OutputParserException,
)
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from ...core.failure import FailureKind
from ..budget import Budget
from .broken_reply import (
    BrokenReplyError,
    MixedTextsError,
    NoReplyError,
    OnlyStreamsError,
    UnfinishedStreamError,
)
from .error_parts import is_a, is_ours
from .provider_error import is_blocked, lacks_choices, status_of
from .refusals import SEVERAL, refused_name, words_of
from .retry_after import retry_after

_PASSING = (
    ModelAPIError,
    ModelConnectionError,
    ModelRateLimitError,
    ModelTimeoutError,
    ConnectionError,
    TimeoutError,
)
_PASSING_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_NOT_OF_N = (_PASSING_STATUS - {500}) | {401, 402, 403, 413}
_WITHOUT = {
    # LangChain's words for: no structured output, and for: a model that thinks gave none.
    NotImplementedError: "response_format",
    OutputParserException: "response_format",
    UnfinishedStreamError: "stream",
    OnlyStreamsError: "whole",
    MixedTextsError: SEVERAL,
}
MAX_SECONDS = 60.0
OtherForms = Callable[[BaseException | None], int]


def is_transient(error: BaseException) -> bool:
    """Return whether the same request may succeed later: rate limit, 5xx, lost connection."""
    if isinstance(error, BrokenReplyError):
        return error.passes
    status = status_of(error)
    if status is not None:
        return status in _PASSING_STATUS
    lost = isinstance(error, _PASSING) or is_a(error, "TransportError")  # of httpx
    return (lost or lacks_choices(error)) and not is_ours(error)


def failure_of_request(error: BaseException) -> FailureKind:
    """Return the kind of a request that failed for good: the server refused it, or it failed."""
    if isinstance(error, NoReplyError):
        return "missing"
    if is_blocked(error):
        return "blocked"
    status = status_of(error)
    refused = status is not None and 400 <= status < 500 and not is_transient(error)
    return "refused" if refused else "failed"


def pause_before_retry(error: BaseException | None, attempt: int) -> float:
    """Return seconds to wait: what the server asks for, else doubling from half a second.

    Args:
        error: The fault.
        attempt: How many attempts were made, from 1.
    """
    seconds = None if error is None else retry_after(error)
    if seconds is None:
        seconds = 0.5 * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311  jitter
    return min(MAX_SECONDS, seconds)


def retrying(
    attempts: int, budget: Budget | None = None, other_forms: OtherForms | None = None
) -> AsyncRetrying:
    """Return the loop that repeats a request after faults that may pass; it raises the last.

    Args:
        attempts: How many there are at most.
        budget: Allows no more, if it is used up or has no time for the pause.
        other_forms: In how many other forms it is made after a fault: each has an attempt left.
    """
    left = budget or Budget()

    def fault(state: RetryCallState) -> BaseException | None:
        return state.outcome.exception() if state.outcome else None

    def wait(state: RetryCallState) -> float:
        return pause_before_retry(fault(state), state.attempt_number)

    def enough(state: RetryCallState) -> bool:
        most = attempts - (other_forms(fault(state)) if other_forms else 0)
        return state.attempt_number >= most or not left.take(state.upcoming_sleep)

    again = retry_if_exception(is_transient)
    return AsyncRetrying(stop=enough, retry=again, wait=wait, reraise=True)


def refused_parameter(error: BaseException, sent: Collection[str]) -> str | None:
    """Return which of the parameters sent the server refuses, or `None`.

    Reads the error's own `param` if there is one, else its sentence.
    """
    for kind, name in _WITHOUT.items():
        if isinstance(error, kind):
            return name if name in sent else None
    status = status_of(error)
    several = SEVERAL in sent and status in {400, 422, 500, 501}
    if several and (status in {500, 501} or refused_name(words_of(error), {SEVERAL})):
        return SEVERAL  # that may be what a server broke down on, too
    if status is None and isinstance(error, ValueError):  # a client says what it will not send
        return refused_name(str(error), {"whole"} & set(sent))
    if status not in {400, 422} and not isinstance(error, TypeError):
        return None
    param = getattr(error, "param", None)
    param = {"max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens"}.get(
        str(param), param
    )
    if isinstance(param, str) and (name := param.split(".")[0]) in sent:
        return name
    return refused_name(words_of(error), sent)


def may_be_n(error: BaseException) -> bool:
    """Return whether a request for several texts may have failed because there were several.

    Not if its key or its rate was refused, or it found nobody: then one text fails as well.
    """
    status = status_of(error)
    if isinstance(error, BrokenReplyError):
        return isinstance(error, NoReplyError)
    if status is None:
        return not is_ours(error) and not is_transient(error)
    return status >= 400 and status not in _NOT_OF_N
