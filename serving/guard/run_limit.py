"""The limit on runs at the same time, shared by all routes."""

from __future__ import annotations

import asyncio
from typing import Self

from ..error_responses import Refusal

RETRY_AFTER = {"retry-after": "5"}
STOPPING = "the server is stopping; try again soon"


class RunLimit:
    """Limits the runs at the same time, for the whole process.

    Args:
        max_runs: Runs at the same time.
    """

    def __init__(self, max_runs: int) -> None:
        self.max_runs = max_runs
        self.running = 0
        self.closed = False
        self.tasks: set[asyncio.Task[None]] = set()  # of runs that cannot be resumed
        self._freed = asyncio.Event()

    def take(self) -> RunSlot:
        """Return a slot for a run, or refuse it.

        Raises:
            Refusal: all slots are taken (429), or the server stops (503).
        """
        if self.closed:
            raise Refusal(503, STOPPING, kind="server_error", headers=RETRY_AFTER)
        if self.running >= self.max_runs:
            raise Refusal(
                429,
                f"{self.running} runs are at work, as many as this server takes; try again soon",
                kind="rate_limit_error",
                code="too_many_runs",
                headers=RETRY_AFTER,
            )
        return RunSlot(self)

    async def wait(self) -> RunSlot:
        """Return a slot for a run as soon as one is free."""
        while self.running >= self.max_runs:
            self._freed.clear()
            await self._freed.wait()
        return RunSlot(self)

    def free(self) -> None:
        """Give a slot back."""
        self.running -= 1
        self._freed.set()

    async def drain(self, seconds: float) -> None:
        """Take no more runs, and cancel those that have not ended after `seconds`."""
        self.closed = True
        if tasks := set(self.tasks):
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()


class RunSlot:
    """The place of one run; a context manager that gives it back, once."""

    def __init__(self, run_limit: RunLimit) -> None:
        self._run_limit: RunLimit | None = run_limit
        run_limit.running += 1

    def free(self) -> None:
        """Give the place back."""
        if self._run_limit:
            self._run_limit.free()
        self._run_limit = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.free()
