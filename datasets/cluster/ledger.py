"""What all actors of a cluster have spent, and whether more may be sent; one for a batch.

It also hands out what is to be done: a plan may hold logins, and what an actor is given when it
is made lies in Ray's stores, while what it asks for goes from process to process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from typing_extensions import TypedDict

from ...core.usage import Cost, add_costs, cost
from ..batch.plan import BatchPlan
from ..batch.running import Running
from ..batch.sums import Sums
from .part_run import Recipe

EVERY = 0.25  # seconds between two reports of an actor


class PartReport(TypedDict):
    """How far a part is, in one passage of it."""

    spent: Cost
    failed: int
    under_way: int


class Standing(TypedDict):
    """How far all parts are together."""

    spent: Cost
    failed: int
    under_way: int
    begun: list[int]
    """The numbers of the parts that have begun in this call."""
    stopped: str
    """Why nothing more is sent, or ""."""


class Ledger:
    """Adds up what actors report. Ray makes an actor of it, on the driver's node."""

    def __init__(self) -> None:
        self._begun, self._closed = time.monotonic(), ""
        self._passages: dict[int, dict[str, PartReport]] = {}

    def begin(self, recipe: Recipe, plan: BatchPlan, before: Cost, failed: int, rows: int) -> None:
        """Take what is to be done, and what was paid in earlier calls."""
        self._recipe, self._plan, self._rows = recipe, plan, rows
        self._before, self._failed = before, failed

    def recipe(self) -> Recipe:
        """Return what actors are to do."""
        return self._recipe

    def report(self, part: int, passage: str, report: PartReport) -> str:
        """Take in how far a part is; return why nothing more is sent, or "".

        Args:
            part: Its number.
            passage: Tells the passages of a part apart: one whose node has died was paid for too.
            report: How far this passage is.
        """
        passages = self._passages.setdefault(part, {})
        if passage not in passages:  # those before it are over
            passages |= {name: {**old, "under_way": 0} for name, old in passages.items()}
        passages[passage] = report
        if not self._closed:
            now, seconds = self.standing(), time.monotonic() - self._begun
            sums = Sums(failed=now["failed"])
            self._closed = self._plan.ends_early(now["spent"], seconds, sums, self._rows)
        return self._closed

    def close(self, why: str) -> None:
        """Have nothing more sent."""
        self._closed = self._closed or why

    def standing(self) -> Standing:
        """Return how far all parts are together."""
        spent, failed, under_way = self._before, self._failed, 0
        reports = [one for part in [*self._passages.values()] for one in [*part.values()]]
        for report in reports:  # copied: a part may report meanwhile
            spent = add_costs(spent, report["spent"])
            failed += report["failed"]
            under_way += report["under_way"]
        begun = list(self._passages)
        return Standing(
            spent=spent, failed=failed, under_way=under_way, begun=begun, stopped=self._closed
        )

    def stopped(self) -> str:
        """Return why nothing more is sent, or ""."""
        return self._closed


class Pending(Protocol):
    """An answer of the ledger that may not be there yet."""

    def ready(self) -> bool:
        """Return whether it is there."""
        ...

    def value(self) -> str:
        """Wait for it."""
        ...


@dataclass
class Line:
    """Tells the ledger how far a part is, now and then, and what it answers.

    Attributes:
        send: Sends a report.
    """

    send: Callable[[PartReport], Pending]
    said: str = ""
    _running: Running | None = None
    _failed: int = 0
    _pending: Pending | None = None
    _sent: float = field(default=0.0)

    def begins(self, running: Running) -> None:
        """Report on a part from now on."""
        self._running, self._failed = running, running.sums.failed

    def asks(self) -> str:
        """Return why nothing more is sent, or "", as of the last answer; never waits."""
        if self._pending and self._pending.ready():
            self.said, self._pending = self._pending.value(), None
        if self._running and not self._pending and time.monotonic() - self._sent > EVERY:
            self._sent, self._pending = time.monotonic(), self.send(self.report(self._running))
        return self.said

    def ends(self) -> None:
        """Report the end of the part."""
        if self._running:
            self.said = self.send({**self.report(self._running), "under_way": 0}).value()

    def report(self, running: Running) -> PartReport:
        """Return how far a part is."""
        spent: Cost = {**cost(), **running.shared.paid, "requests": running.shared.sent}
        failed = running.sums.failed - self._failed
        return PartReport(spent=spent, failed=failed, under_way=len(running.under_way))
