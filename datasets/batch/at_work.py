"""What is seen of a batch at work, wherever its rows are run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sized
from typing import Protocol

from ...core.usage import Cost
from ..records import RowResult
from ..rows.row_file import Rows
from .plan import BatchPlan
from .sums import Sums


class AtWork(Protocol):
    """A batch at work: what views and commands read of it."""

    @property
    def plan(self) -> BatchPlan:
        """What it is to do."""
        ...

    @property
    def rows(self) -> Rows:
        """All rows, those that have ended too."""
        ...

    @property
    def sums(self) -> Sums:
        """What the rows that have ended add up to, those of earlier calls too."""
        ...

    @property
    def rows_before(self) -> int:
        """How many rows had ended before this call."""
        ...

    @property
    def under_way(self) -> Sized:
        """The rows that have begun and not ended."""
        ...

    @property
    def spent(self) -> Cost:
        """What all rows have cost so far."""
        ...

    @property
    def seconds(self) -> float:
        """How long this call has been at work."""
        ...

    @property
    def stopped(self) -> str:
        """Why it ended before all rows had; "" if it did not."""
        ...

    def results(self) -> AsyncGenerator[RowResult]:
        """Run the rows that have not ended, and yield each as it ends."""
        ...
