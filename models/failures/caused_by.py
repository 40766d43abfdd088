"""What the server behind a failure said, handed on to the error that the failure leads to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from ...core.early import Said
from ...core.errors import TOO_MANY, RewardError, TPOError
from .error_parts import causes_of
from .provider_error import status_of
from .retry_after import retry_after

ErrorT = TypeVar("ErrorT", bound=TPOError)
ErrorKind = TypeVar("ErrorKind", bound=Exception)


def caused_by(error: ErrorT, cause: BaseException | None) -> ErrorT:
    """Return an error with the status and the pause of the server whose answer led to it.

    Args:
        error: One of ours.
        cause: What led to it, ours or a client library's; `None` if nothing is known.

    Example:
        >>> first = TPOError("too many requests")
        >>> first.status = 429
        >>> caused_by(TPOError("nothing was scored"), first).status
        429
    """
    for one in causes_of(cause) if cause else ():
        if not isinstance(one, TPOError):  # its sentence is not ours, and may be read
            error.status, error.retry_after = status_of(one), retry_after(one)
            break
        if one.status is not None:
            error.status, error.retry_after = one.status, one.retry_after
            break
    error.__cause__ = cause or error.__cause__
    return error


def to_tell(known: ErrorKind | None, further: ErrorKind) -> ErrorKind:
    """Return which of two failures of a step to tell of: the first, or one for too many requests.

    A client is told of those, and may come back.
    """
    return further if known is None or status_of(further) == TOO_MANY else known


def said_by(end: object) -> Said:
    """Return what the server behind a failure answered, to be kept; nothing if it did not say."""
    told = caused_by(RewardError(), end if isinstance(end, Exception) else None)
    return {} if told.status is None else Said(status=told.status, retry_after=told.retry_after)


def error_of(kept: Iterable[Said]) -> RewardError | None:
    """Return an error that says what servers answered, the one of `to_tell`; `None` if none did."""
    error: RewardError | None = None
    for said in kept:
        if "status" in said:
            one = RewardError(f"the reward's server answered {said['status']}")
            one.status, one.retry_after = said["status"], said.get("retry_after")
            error = to_tell(error, one)
    return error
