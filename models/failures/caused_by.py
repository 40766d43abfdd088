"""What the server behind a failure said, handed on to the error that the failure leads to."""

from __future__ import annotations

from typing import TypeVar

from ...core.errors import TOO_MANY, TPOError
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
