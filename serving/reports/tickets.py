"""Addresses that open one report for some minutes: a new tab cannot send a key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

MINUTES = 10


class Tickets:
    """Signs the ids of reports with a secret of this process, and knows its own again.

    Args:
        clock: Returns the time, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._secret, self._clock = secrets.token_bytes(32), clock

    def sign(self, report: str) -> str:
        """Return a ticket for a report."""
        until = f"{report}.{int(self._clock()) + 60 * MINUTES}"
        return f"{until}.{self._mark(until)}"

    def report(self, ticket: str) -> str:
        """Return which report a ticket opens; "" if it is over, or not one of ours."""
        until, _, mark = ticket.rpartition(".")
        if not hmac.compare_digest(self._mark(until).encode(), mark.encode("utf-8", "replace")):
            return ""
        report, _, ends = until.rpartition(".")
        return report if int(ends) >= self._clock() else ""

    def _mark(self, until: str) -> str:
        told = until.encode("utf-8", "replace")
        return hmac.new(self._secret, told, hashlib.sha256).hexdigest()
