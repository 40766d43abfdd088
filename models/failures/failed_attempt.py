"""What a failed attempt has cost: whether it went out, and whether tokens may have been billed."""

from __future__ import annotations

from tenacity import RetryCallState

from .broken_reply import UnfinishedStreamError
from .error_parts import causes_of, is_a
from .faults import is_transient
from .provider_error import status_of


def maybe_billed(attempt: RetryCallState) -> bool:
    """Return whether a failed attempt may have cost tokens that nobody reported.

    An error of the server costs nothing; a reply that was not waited for, or broke off, may.
    """
    error = attempt.outcome.exception() if attempt.outcome else None
    if error is None or status_of(error) is not None or never_connected(error):
        return False
    return is_transient(error) or isinstance(error, UnfinishedStreamError)


def never_connected(error: BaseException) -> bool:
    """Return whether nobody was there to take the request."""
    return any(is_a(one, "ConnectError", "ConnectionRefusedError") for one in causes_of(error))


def never_sent(error: BaseException) -> bool:
    """Return whether a client refused its arguments, so that nothing went out."""
    words = ("unexpected keyword argument", "Missing required argument")
    refused = isinstance(error, TypeError) and any(word in str(error) for word in words)
    return refused or isinstance(error, NotImplementedError)
