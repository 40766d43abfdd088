"""The rows of a batch, run many at a time, each of them once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

from ...core.context import Context
from ...core.events import AnyEvent
from ...graphs.loop import TPOApp, build_graph
from ...nodes.paid.run_models import GivenModels
from ..records import RowResult
from ..rows.row import Row
from ..rows.row_file import Rows
from .folder import Folder
from .row_run import Watch, run_row


def nobody(row: Row, event: AnyEvent) -> None:
    """Watch nothing."""


@dataclass
class Running:
    """A batch at work.

    Attributes:
        rows: All of them, those that have ended too.
        given: Models and rewards.
        context: The settings of every row.
        folder: Where rows are written, or `None`.
        keep_runs: Whether the runs of rows that are written stay in the database.
        watch: Called with every event of every row.
    """

    rows: Rows
    given: GivenModels
    context: Context
    folder: Folder | None = None
    keep_runs: bool = False
    watch: Watch = nobody
    tasks: set[asyncio.Task[RowResult]] = field(default_factory=set)

    async def results(self) -> AsyncGenerator[RowResult]:
        """Run the rows that have not ended, and yield each as it ends."""
        saver: BaseCheckpointSaver[str] = self.folder.saver if self.folder else InMemorySaver()
        app = build_graph(self.given).compile(checkpointer=saver, name="tpo")
        left = self.left()
        try:
            while True:
                self.admit(app, left)
                if not self.tasks:
                    return
                ended, _ = await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
                self.tasks -= ended
                for task in ended:
                    yield task.result()
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    def left(self) -> Iterator[Row]:
        """Yield the rows that have not ended."""
        ended = self.folder.ended if self.folder else set()
        return (row for row in self.rows if row.id not in ended)

    def admit(self, app: TPOApp, left: Iterator[Row]) -> None:
        """Begin rows, as many as there is room for."""
        while len(self.tasks) < self.context.max_concurrency and (row := next(left, None)):
            self.tasks.add(asyncio.create_task(self.run(app, row)))

    async def run(self, app: TPOApp, row: Row) -> RowResult:
        """Run a row, and write it."""
        result, pool = await run_row(app, row, self.context, self.watch)
        if self.folder:
            self.folder.write(result, pool)
        if not (self.keep_runs or result["error"]) or not self.folder:
            assert app.checkpointer
            await app.checkpointer.adelete_thread(row.id)  # type: ignore[union-attr]
        return result
