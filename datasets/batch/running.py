"""The rows of a batch, run many at a time, each of them once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from itertools import count

from langgraph.checkpoint.memory import InMemorySaver

from ...core.usage import Cost, add_costs
from ...models.in_flight import InFlight
from ...models.kept_replies import REPLIES
from ...models.run_in_flight import RUN, RunInFlight
from ..records import RowResult
from ..rows.row import Row
from ..rows.row_file import Rows
from .folder import Folder
from .paid_so_far import PaidSoFar
from .plan import BatchPlan
from .room import has_room
from .row_apps import RowApps
from .row_run import Watch, nobody, run_row
from .sums import Sums

TICK = 0.05  # seconds between two looks at what is going on
CUT_SHORT = "interrupted"
STUCK_LOOKS = 3  # in a row, before rows that wait for nothing are stopped


@dataclass(eq=False)
class Running:
    """A batch at work.

    Attributes:
        plan: What it is to do.
        rows: All rows, those that have ended too.
        folder: Where they are written, or `None`.
        watch: Called with every event of every row.
        sums: What the rows that have ended add up to, those of earlier calls too.
        stopped: Why it ended before all rows had; "" if it did not.
    """

    plan: BatchPlan
    rows: Rows
    folder: Folder | None = None
    watch: Watch = nobody
    sums: Sums = field(default_factory=Sums)
    stopped: str = ""

    def __post_init__(self) -> None:
        most = self.plan.context.max_concurrency
        kept = self.folder.saver if self.folder else None
        self.shared = InFlight(most, may_send=self.within_limits)
        self.saver, self.paid = kept or InMemorySaver(), PaidSoFar(kept)
        self.under_way: dict[asyncio.Task[RowResult], RunInFlight] = {}
        self.just_ended: list[asyncio.Task[RowResult]] = []
        self.begun, self.numbers = time.monotonic(), count()
        self.apps, self.sums.rates = RowApps(self.plan, self.saver), self.plan.rated
        for row in self.before():
            self.sums.add(row)
        self.paid_before, self.rows_before = self.sums.paid, self.sums.rows

    @property
    def spent(self) -> Cost:
        """What all rows have cost so far."""
        requests = self.paid_before["requests"] + self.shared.sent
        return {**add_costs(self.paid_before, self.shared.paid), "requests": requests}

    @property
    def seconds(self) -> float:
        """How long this call has been at work."""
        return time.monotonic() - self.begun

    def before(self) -> Iterator[RowResult]:
        """Yield the rows that ended before."""
        return self.folder.written() if self.folder else iter(())

    async def results(self) -> AsyncGenerator[RowResult]:
        """Run the rows that have not ended, and yield each as it ends."""
        ended, stuck = frozenset(self.folder.ended if self.folder else ()), 0
        self.paid_before = add_costs(self.paid_before, await self.paid.before(ended))
        left = (row for row in self.rows if row.id not in ended)
        if self.folder and not self.plan.keep_runs:
            await self.folder.tidy()
        try:
            while self.admit(left) or self.under_way:
                for row in await self.ended():
                    yield row
                self.within_limits()
                if self.folder:
                    self.folder.saver.require_sound()
                all_wait = all(run.stuck for run in self.under_way.values())
                stuck = stuck + 1 if self.shared.closed and all_wait else 0
                if stuck >= STUCK_LOOKS:
                    return
        finally:
            await self.stop()

    async def ended(self) -> list[RowResult]:
        """Return the rows that have ended by the next look, or raise why one could not."""
        await asyncio.wait(self.under_way, timeout=TICK, return_when=asyncio.FIRST_COMPLETED)
        done, self.just_ended[:] = self.just_ended.copy(), []
        self.under_way = {task: run for task, run in self.under_way.items() if task not in done}
        return await asyncio.gather(*done)  # of several errors, asyncio is to print none

    def admit(self, left: Iterator[Row]) -> bool:
        """Begin rows as long as there is room; return whether any are under way."""
        while has_room(self.shared, self.under_way.values()):
            if (row := next(left, None)) is None:
                self.shared.draining = True
                break
            run = RunInFlight(self.shared, next(self.numbers))
            self.under_way[task := asyncio.create_task(self.run(row, run))] = run
            task.add_done_callback(self.just_ended.append)
        return bool(self.under_way)

    def within_limits(self) -> bool:
        """Return whether more may be sent; what is in flight at a limit is still saved."""
        why = self.plan.ends_early(self.spent, self.seconds, self.sums, self.rows.count)
        self.stopped, self.shared.closed = self.stopped or why, self.shared.closed or bool(why)
        return not self.shared.closed

    async def run(self, row: Row, run: RunInFlight) -> RowResult:
        """Run a row, and write it."""
        RUN.set(run)
        if self.folder:
            REPLIES.set(await self.folder.saver.replies_of(row.id))
        app = self.apps.of(row)
        result, pool = await run_row(app, row, self.plan.context, self.watch, self.paid)
        if self.folder:
            self.folder.write(result, pool)
        self.sums.add(result)
        kept = bool(self.folder and (self.plan.keep_runs or result["error"]))
        await self.paid.forget(row.id, saved=not kept)
        if not kept:
            await self.saver.adelete_thread(row.id)
        return result

    async def stop(self) -> None:
        """End the rows that are under way; what they have paid for is saved."""
        done = self.sums.rows == self.rows.count  # then it was the last row that reached a limit
        self.stopped = "" if done else self.stopped or CUT_SHORT
        for task in self.under_way:
            task.cancel()
        await asyncio.gather(*self.under_way, return_exceptions=True)
        if self.folder:
            self.folder.save_end(self.stopped, self.sums)
