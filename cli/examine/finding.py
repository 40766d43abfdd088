"""What a check of `tpo doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        name: What was checked.
        state: `ok`, `warning` (it works, but know this), or `bad`.
        words: What was found, in words.
    """

    name: str
    state: Literal["ok", "warning", "bad"]
    words: str


def graded(name: str, share: float, words: str, *, good: float, fair: float) -> Finding:
    """Return a finding whose state follows from a share."""
    return Finding(name, "ok" if share >= good else "warning" if share >= fair else "bad", words)
