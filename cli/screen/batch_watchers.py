"""Who watches a batch: a live screen, lines on stderr, or nobody."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from ...datasets.batch.at_work import AtWork
from ...datasets.records import RowResult
from ..console import console_for, say, short
from .batch_progress import progress_of

LINE_EVERY = 10.0  # seconds
TOLD = 5  # failures that are told one by one
ROOM = 300


class BatchWatcher(Protocol):
    """Is told of each row that ends."""

    async def __aenter__(self) -> Self:
        """Begin."""
        ...

    async def __aexit__(self, *raised: object) -> None:
        """End, however the batch ended."""
        ...

    def ended(self, row: RowResult) -> None:
        """Take in a row."""
        ...


class Silent:
    """Shows nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        """End."""

    def ended(self, row: RowResult) -> None:
        """Take in a row."""


class Lines(Silent):
    """Writes a line now and then, for logs and pipes; and the first failures."""

    def __init__(self, running: AtWork) -> None:
        self._running, self._failed = running, 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.now_and_then())
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        say(progress_of(self._running).line())

    def ended(self, row: RowResult) -> None:
        """Say why a row failed."""
        if row["error"]:
            self._failed += 1
            if self._failed <= TOLD:
                say(failure_line(row))
            if self._failed == TOLD:
                say("further failures are in results.jsonl")

    async def now_and_then(self) -> None:
        """Write a line every so often."""
        while True:
            await asyncio.sleep(LINE_EVERY)
            say(progress_of(self._running).line())


class LiveBatch(Silent):
    """Redraws the lower part of a terminal."""

    def __init__(self, console: Console, running: AtWork) -> None:
        self._running, self._failure = running, ""
        self._live = Live(
            console=console,
            get_renderable=self.view,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    async def __aenter__(self) -> Self:
        self._live.start()
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._live.stop()
        console_for().print(progress_of(self._running).line())

    def ended(self, row: RowResult) -> None:
        """Keep the last failure."""
        if row["error"]:
            self._failure = failure_line(row)

    def view(self) -> Group:
        """Return what is drawn now."""
        now = progress_of(self._running)
        mean = now.sums.mean
        lines = [now.rows, "" if mean is None else f"mean reward so far: {mean:.3g}"]
        lines += [now.cost, now.time]
        bar = ProgressBar(total=now.total, completed=now.sums.rows, width=60)
        texts = [Text(line) for line in lines if line]
        failure = [Text(self._failure, "red")] if self._failure else []
        return Group(bar, *texts, *failure)


def failure_line(row: RowResult) -> str:
    """Return why a row failed, in one line."""
    error = row["error"]
    return f"row {row['id']} failed: {short(error['message'] if error else '', ROOM)}"


def watcher_of(running: AtWork, *, quiet: bool, json: bool) -> BatchWatcher:
    """Return who watches a batch."""
    console = console_for()
    if quiet:
        return Silent()
    if console.is_terminal and sys.stderr.isatty() and not json:
        return LiveBatch(console, running)
    return Lines(running)
