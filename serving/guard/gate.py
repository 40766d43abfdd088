"""How many runs work at a time."""

from __future__ import annotations

import asyncio
from typing import Self

from ..refusal import Refusal

RETRY_AFTER = {"retry-after": "5"}
STOPPING = "the server is stopping; try again soon"


class Gate:
    """Limits the runs at a time; a process-wide count, not state of a run.

    Args:
        most: Runs at a time.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.inside = 0
        self.closed = False
        self.tasks: set[asyncio.Task[None]] = set()  # the work of runs that nobody comes back to
        self.left = asyncio.Event()

    def enter(self) -> Ticket:
        """Let a run in, or refuse it.

        Raises:
            Refusal: there is no room (429), or the server stops (503).
        """
        if self.closed:
            raise Refusal(503, STOPPING, kind="server_error", headers=RETRY_AFTER)
        if self.inside >= self.most:
            raise Refusal(
                429,
                f"{self.inside} runs are at work, as many as this server takes; try again soon",
                kind="rate_limit_error",
                code="too_many_runs",
                headers=RETRY_AFTER,
            )
        return Ticket(self)

    async def wait(self) -> Ticket:
        """Let a run in as soon as there is room."""
        while self.inside >= self.most:
            self.left.clear()
            await self.left.wait()
        return Ticket(self)

    async def empty(self, seconds: float) -> None:
        """Let nobody in any more, and end after so long what is still inside."""
        self.closed = True
        tasks = set(self.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()


class Ticket:
    """A run's place; a context manager that gives it back, once."""

    def __init__(self, gate: Gate) -> None:
        self._gate: Gate | None = gate
        gate.inside += 1

    def leave(self) -> None:
        """Give the place back."""
        if self._gate:
            self._gate.inside -= 1
            self._gate.left.set()
        self._gate = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
