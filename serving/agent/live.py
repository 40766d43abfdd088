"""A run under way: its events, for everyone who reads along, at their own pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from langgraph.runtime import RunControl

from ..as_json import to_json
from .event_log import Event, EventLog
from .records import Run

PASSING = ("tpo.candidate_delta", "tpo.loss_delta", "tpo.gradient_delta")

STOPPED = {
    "__error__": {
        "error": "ServerStopped",
        "message": "the server stopped; the run goes on when it is started again: join it then",
    }
}


class LiveRun:
    """The events of a run since the server started.

    Readers hold a place in the list, and nothing else: a slow one costs no memory. The list
    lives as long as the run.

    Args:
        run: The run.
        log: Where the events of a resumable run are kept.
    """

    def __init__(self, run: Run, log: EventLog) -> None:
        self.run = run
        self.control = RunControl()
        self.events: list[Event] = []
        self.over = False
        self.error: dict[str, str] | None = None
        self.result: Any = STOPPED
        self._log = log if run["kwargs"]["stream_resumable"] else None
        self._pulse = asyncio.Event()

    def tell(self, name: str, data: Any) -> None:
        """Add an event."""
        passing = isinstance(data, dict) and data.get("type") in PASSING
        number = len(self.events) + 1
        event = Event(self.run["life"], number, name, to_json(data), passing)
        self.events.append(event)
        if self._log:
            self._log.add(self.run["run_id"], event)
        self._wake()

    def fail(self, error: dict[str, str]) -> None:
        """Say why the run ended."""
        self.error = error
        self.tell("error", error)

    def end(self) -> None:
        """Say that no more events will come from this process."""
        self.over = True
        self._wake()

    async def read(self, after: int) -> AsyncGenerator[Event]:
        """Yield the events after a place, as they come, to the end."""
        place = after
        while True:
            while place < len(self.events):
                yield self.events[place]
                place += 1
            if self.over:
                return
            await self._pulse.wait()

    async def wait(self) -> None:
        """Return when it is over."""
        while not self.over:
            await self._pulse.wait()

    def _wake(self) -> None:
        self._pulse.set()
        self._pulse = asyncio.Event()
