"""Every error `tpo` raises on purpose.

::

    TPOError (RuntimeError)
    ├── InputError            the request itself: empty prompt, no human turn, image only
    ├── ConfigError           a setting, a spec, a prompt set that cannot be right
    │   ├── SpecError         an unknown or malformed policy or reward spec
    │   └── PromptError       a prompt with missing or unknown placeholders
    ├── MissingDependencyError  an optional package or file is not installed
    ├── PolicyError           the policy or critic could not give what was asked
    │   └── NoCandidateError  not one candidate came back
    ├── RewardError           the reward could not score
    ├── UserCodeError         code of yours raised SystemExit or its like, or hangs
    ├── SyncCallError         the async graph was called through its sync methods
    └── StoreError            the file of saved runs cannot be used

All derive from `RuntimeError`, because an agent server passes on the message of
built-in kinds only. Each message says what happened, what to do, and shows the
evidence shortened. Keys never appear in one, nor does the login of a URL: many name a spec.
"""

from __future__ import annotations

import re
from typing import Any

from .login import without_login

EVIDENCE_CHARS = 300
WHOLE_REASON = 4_000  # of an error whose cause comes last, as of a model that cannot be loaded
TOO_MANY = 429  # the status of a server that takes no more requests for now
_READ_CHARS = 10_000  # of a text that is to be shortened; a server may send megabytes
_SECRET = re.compile(
    r"""(?ix)
    \b(?:sk|pk|hf|gsk|xai)[-_][\w\-*.]{6,}
    | \b(?:key|tok)[-_](?=[\w\-]*\d)[\w\-*.]{6,}
    | (?P<before>
        bearer[ ] | api[ ]key[ ]provided:[ ] | \bkey= | \bapi[-_]?key["']?\s*[:=]\s*["']?
        | \bauthorization["']?\s*[:=]\s*["']?basic[ ]
        | \b(?:[\w\-]*[_\-])?(?:token|secret|password|sig(?:nature)?)(?:=|["']\s*:\s*["'])
      ) [^\s"'&,@}]+
    """
)


class TPOError(RuntimeError):
    """Base of all errors raised by `tpo`.

    Attributes:
        partial: What had been paid for when the run failed (the state's values),
            or `None`. A run with a checkpointer can also be resumed.
        status: The HTTP status that a model's or a reward's server answered with, such as 429
            for too many requests; or that its words stand for. `None` if there is none.
        retry_after: Seconds that the server asks to wait before the next request, or `None`.
    """

    partial: dict[str, Any] | None = None
    status: int | None = None
    retry_after: float | None = None

    def __init__(self, *args: object) -> None:
        super().__init__(*(without_login(one) if isinstance(one, str) else one for one in args))

    def __reduce__(self) -> tuple[Any, ...]:
        """Make copies and pickles as they are: what each kind's `__init__` takes is its own."""
        return type(self).__new__, (type(self), *self.args), self.__dict__


class InputError(TPOError):
    """The input cannot be answered; nothing was paid for."""


class ConfigError(TPOError):
    """A setting cannot be right; nothing was paid for."""


class SpecError(ConfigError):
    """A policy, critic or reward spec string is unknown or malformed."""


class PromptError(ConfigError):
    """A prompt lacks a placeholder it needs, or has one nobody fills."""


class MissingDependencyError(TPOError):
    """An optional package or a model file is missing; the message says what to type."""


class PolicyError(TPOError):
    """The policy or critic failed."""


class NoCandidateError(PolicyError):
    """Every request for a first answer failed, so there is nothing to return."""


class RewardError(TPOError):
    """The reward failed for every candidate, so nothing can be ranked."""


class UserCodeError(TPOError):
    """Code of yours raised what would end more than its own call, such as SystemExit, or hangs."""


class SyncCallError(TPOError, TypeError):
    """The graph is async only; the message names what to call instead."""


class StoreError(TPOError):
    """The file of saved runs is missing, corrupt or belongs to another program."""


def cause_of(error: BaseException) -> str:
    """Return what an exception says, for a message; our own errors need no class name.

    Example:
        >>> cause_of(ConnectionError("no route"))
        'ConnectionError: no route'
    """
    return evidence(str(error) if isinstance(error, TPOError) else error)


def evidence(problem: object, most: int = EVIDENCE_CHARS) -> str:
    """Shorten an error or a text for a message, without logins and with anything key-like blanked.

    Args:
        problem: An exception or any object.
        most: How many characters are kept.

    Returns:
        One line of at most that many characters; exceptions are led by their class name.

    Example:
        >>> evidence(ValueError("bad key sk-abcdef123456"))
        'ValueError: bad key [redacted]'
    """
    text = str(problem)[:_READ_CHARS]
    if isinstance(problem, BaseException):
        text = f"{type(problem).__name__}: {text}" if text else type(problem).__name__
    text = without_login(" ".join(text.split()))
    text = _SECRET.sub(r"\g<before>[redacted]", text)
    return text if len(text) <= most else text[: most - 1] + "…"
