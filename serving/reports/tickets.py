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

    A ticket ends with the key of the person whom it was made for.

    Args:
        standing: Returns what changes with a person's key; `None` if there is no such person.
        clock: Returns the time, in seconds.
    """

    def __init__(
        self, standing: Callable[[str], str | None], clock: Callable[[], float] = time.time
    ) -> None:
        self._secret, self._standing, self._clock = secrets.token_bytes(32), standing, clock

    def sign(self, report: str, name: str) -> str:
        """Return a ticket for a report, for a person."""
        until = f"{report}.{int(self._clock()) + 60 * MINUTES}.{name}"
        return f"{until}.{self._mark(until, self._standing(name) or '')}"

    def report(self, ticket: str) -> str:
        """Return which report a ticket opens; "" if it is over, or not one of ours."""
        until, _, mark = ticket.rpartition(".")
        report, _, rest = until.partition(".")
        ends, _, name = rest.partition(".")
        standing = self._standing(name)
        known = self._mark(until, standing or "").encode()
        if not hmac.compare_digest(known, mark.encode("utf-8", "replace")) or standing is None:
            return ""
        return report if int(ends) >= self._clock() else ""

    def _mark(self, until: str, standing: str) -> str:
        told = f"{until} {standing}".encode("utf-8", "replace")
        return hmac.new(self._secret, told, hashlib.sha256).hexdigest()
