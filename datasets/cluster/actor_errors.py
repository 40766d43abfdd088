"""What went wrong in an actor, as one of our errors."""

from __future__ import annotations

from ...core import errors
from ...core.errors import ConfigError, InputError, TPOError, evidence


def own_error(error: BaseException | None) -> TPOError:
    """Return what went wrong in an actor as one of our errors."""
    found, cause = None, error
    while cause is not None:  # Ray's own copies of an error hold its whole traceback: not these
        found = cause if isinstance(cause, TPOError) else found
        cause = getattr(cause, "cause", None) or cause.__cause__
    last = str(error).strip().rpartition("\n")[2]  # of a traceback of another machine
    return found or ConfigError(f"the cluster failed: {evidence(last)}")


def error_from(problem: str) -> TPOError:
    """Return the error that an actor has told of.

    Example:
        >>> error_from("StoreError: the disk is full")
        StoreError('the disk is full')
    """
    kind, _, message = problem.partition(": ")
    found: type[TPOError] = getattr(errors, kind, InputError)
    return found(message)
