"""What went wrong in an actor, as one of our errors."""

from __future__ import annotations

import re

from ...core import errors
from ...core.errors import TPOError, cause_of, evidence
from ..batch.alone import FolderInUseError

NAMED = re.compile(r"(?:[\w.]+\.)?\w*(?:Error|Exception)\b.*", re.MULTILINE)


def own_error(error: BaseException | None) -> TPOError:
    """Return what Ray has raised as one of our errors.

    Ray hands on errors of other machines as text, with the traceback; the reason is in its last
    line that names an error.
    """
    found, cause = None, error
    while cause is not None:  # Ray's own copies of an error hold its whole traceback: not these
        found = cause if isinstance(cause, TPOError) else found
        cause = getattr(cause, "cause", None) or cause.__cause__
    lines = [line for line in str(error).splitlines() if NAMED.match(line.strip())]
    return found or TPOError(f"the cluster failed: {evidence(lines[-1] if lines else error)}")


def told(error: Exception) -> str:
    """Return an error as text that `error_from` reads."""
    return f"{type(error).__name__}: {cause_of(error)}"


def error_from(problem: str) -> TPOError:
    """Return the error that an actor has told of.

    Example:
        >>> error_from("StoreError: the disk is full")
        StoreError('the disk is full')
    """
    kind, _, message = problem.partition(": ")
    known = {**vars(errors), FolderInUseError.__name__: FolderInUseError}
    found: type[TPOError] = known.get(kind, TPOError)
    return found(message)
