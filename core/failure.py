"""Why something failed, as a word for programs; the sentence beside it is for people.

Candidates, rounds, scores and events have both: `failure` is the kind and `error` the sentence.
Only the kind decides what happens next.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired

from typing_extensions import TypedDict

FailureKind = Literal[
    "malformed",  # an update without the improved answer, or with an empty one
    "empty",  # the model returned no answer: nothing at all, or only its reasoning
    "tool_call",  # the model asked for a tool instead of answering
    "blocked",  # the provider withheld the answer
    "refused",  # the server turned the request down: a wrong key, an unknown model, too long
    "failed",  # the request failed: no connection, no reply in time, an error of the server
    "missing",  # the server returned fewer texts than it was asked for
    "budget",  # the budget had no request left for it
    "lost",  # an interrupted run left no text
    "unscored",  # the reward could not score it
    "vetoed",  # the reward ruled it out: a constraint of a mix, say
    "dropped",  # a person took it out
]


class Failed(TypedDict):
    """The fields of a record that say what went wrong with it."""

    error: str | None
    failure: NotRequired[FailureKind | None]


def failure_of(record: Failed) -> FailureKind | None:
    """Return the kind of failure that a candidate's record tells of, or `None`.

    Example:
        >>> failure_of({"error": "vetoed by polite", "failure": "vetoed"})
        'vetoed'
    """
    if record["error"] is None:
        return None
    return record.get("failure") or legacy_failure(record["error"])


# How the sentences began in records without a kind.
_LEGACY: Mapping[str, FailureKind] = {
    "malformed:": "malformed",
    "empty:": "empty",
    "tool_call:": "tool_call",
    "blocked:": "blocked",
    "failed:": "failed",
    "missing:": "missing",
    "budget:": "budget",
    "lost:": "lost",
    "unscored:": "unscored",
    "vetoed": "vetoed",
}


def legacy_failure(error: str) -> FailureKind:
    """Return the kind of a failure that was saved without one, from its sentence.

    For checkpoints of versions that kept the sentence only, and for edits by hand that
    give nothing else. Whatever this version writes has its kind.

    Example:
        >>> legacy_failure("dropped by hand")
        'dropped'
    """
    for start, kind in _LEGACY.items():
        if error.startswith(start):
            return kind
    return "dropped"
