"""A batch at work on a cluster: parts go to actors, and what they write is taken over at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ...core.usage import Cost
from ..batch.plan import BatchPlan
from ..batch.running import CUT_SHORT
from ..batch.sums import Sums
from ..records import RowResult
from ..rows.row_file import Rows
from .ledger import EVERY, Standing
from .merged_folder import Merged
from .parts import part_folder
from .ray_parts import run_parts
from .ray_there import Ray, ray_module

STOP_PATIENCE = 5.0  # seconds that actors have to save what is in flight after Ctrl-C


@dataclass(eq=False)
class OnCluster:
    """A batch at work on a cluster.

    Attributes:
        plan: What it is to do.
        rows: All rows, those that have ended too.
        folder: Where they are written.
        ledger: The handle of the ledger.
        actors: How many run parts at the same time.
        numbers: The parts that have rows left.
        sums: What the rows that have ended add up to, those of earlier calls too.
        stopped: Why it ended before all rows had; "" if it did not.
        under_way: The rows that have begun and not ended, as the actors last said.
        spent: What all rows have cost so far, as the actors last said.
    """

    plan: BatchPlan
    rows: Rows
    folder: Merged
    ledger: Ray
    actors: int
    numbers: Sequence[int]
    sums: Sums = field(default_factory=Sums)
    stopped: str = ""
    under_way: range = range(0)

    def __post_init__(self) -> None:
        self.begun = time.monotonic()
        self.rows_before = self.sums.rows
        self.spent: Cost = self.sums.paid
        self.over = set[int]()  # parts that have ended, to be looked at once more
        self.left = set(self.numbers)

    @property
    def seconds(self) -> float:
        """How long this call has been at work."""
        return time.monotonic() - self.begun

    async def results(self) -> AsyncGenerator[RowResult]:
        """Run the parts, and yield each row as it has been written."""
        work = InThread(self.work)
        try:
            while not work.over:
                await asyncio.sleep(EVERY)
                for row in self.look():
                    yield row
            for row in self.look():
                yield row
            if work.error:
                raise work.error
        finally:
            await self.stop(work)

    def work(self) -> None:
        """Run the parts on the cluster."""
        if self.numbers:
            run_parts(self.numbers, self.folder.path, self.ledger, self.actors, self.part_ended)

    def part_ended(self, number: int) -> None:
        """Note that nothing more will come of a part; it is looked at once more."""
        self.over.add(number)

    def look(self) -> Iterator[RowResult]:
        """Take over what the parts have written since, and what they have spent."""
        over = set(self.over)
        now: Standing = ray_module().get(self.ledger.standing.remote())
        for number in sorted(self.left & (over | set(now["begun"]))):
            for row in self.folder.take(part_folder(self.folder.path, number)):
                self.sums.add(row)
                yield row
        self.left -= over
        self.spent, self.under_way = now["spent"], range(now["under_way"])
        self.stopped = now["stopped"]

    async def stop(self, work: InThread) -> None:
        """End what is at work, and note how the batch has ended."""
        if not work.over:
            with suppress(ray_module().exceptions.RayError):  # the cluster may be gone
                ray_module().get(self.ledger.close.remote(CUT_SHORT))
                await asyncio.to_thread(work.thread.join, STOP_PATIENCE)
                list(self.look())
        # Else it was the last row that reached a limit.
        self.stopped = "" if self.sums.rows == self.rows.count else self.stopped or CUT_SHORT
        self.folder.save_end(self.stopped, self.sums)
        if work.over and not work.error and not self.plan.keep_runs:
            self.folder.tidy()


class InThread:
    """Work in a thread of its own, which does not keep the process from ending.

    Attributes:
        error: What it raised.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self.error: BaseException | None = None
        self._work = work
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Do it."""
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001  it is raised where the thread is waited for
            self.error = error

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return not self.thread.is_alive()
