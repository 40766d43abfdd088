"""A run under way: its events, for all readers, each at its own pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

from langgraph.runtime import RunControl

from ...core.json_types import JsonObject
from ..guard.run_account import RunAccount
from ..json_response import to_json
from ..operations.operations import Operations
from ..operations.run_record import RunRecord
from .event_log import EventLog, SentEvent
from .records import Run

PASSING = ("tpo.candidate_delta", "tpo.loss_delta", "tpo.gradient_delta")

STOPPED = {
    "__error__": {
        "error": "ServerStopped",
        "kind": "server_stopping",
        "message": "the server stopped; the run goes on when it is started again: join it then",
    }
}


class LiveRun:
    """The events of a run since the server started.

    A reader holds only its place in the list, so a slow reader costs no memory. The list is
    dropped when the run ends.

    Args:
        run: The run.
        log: Where the events of a resumable run are saved.
    """

    def __init__(self, run: Run, log: EventLog) -> None:
        self.run = run
        self.control = RunControl()
        self.made = time.monotonic()
        self.events: list[SentEvent] = []
        self.over = False
        self.error: dict[str, str] | None = None
        self.cause: Exception | None = None
        self.result: JsonObject = STOPPED
        self._log = log if run["kwargs"]["stream_resumable"] else None
        self._changed = asyncio.Event()

    def record(self, operations: Operations, account: RunAccount, model: str) -> RunRecord:
        """Return what is told of it, now that its turn has come."""
        asked = self.run["kwargs"].get("response") or {"model": model}  # of /v1/responses
        made = operations.begun(account, self.run["run_id"], "threads", str(asked["model"]))
        made.thread, made.waited = self.run["thread_id"], time.monotonic() - self.made
        return made

    def send(self, name: str, data: object) -> None:
        """Add an event."""
        passing = isinstance(data, dict) and data.get("type") in PASSING
        number = len(self.events) + 1
        event = SentEvent(self.run["life"], number, name, to_json(data), passing)
        self.events.append(event)
        if self._log:
            self._log.add(self.run["run_id"], event)
        self._wake_readers()

    def fail(self, error: dict[str, str], cause: Exception | None = None) -> None:
        """Record why the run failed, and send it; `cause` stays here."""
        self.error, self.cause = error, cause
        self.send("error", error)

    def end(self) -> None:
        """Let the readers know that no more events will come from this process."""
        self.over = True
        self._wake_readers()

    async def read(self, after: int) -> AsyncGenerator[SentEvent]:
        """Yield the events after a place, as they come, until the run is over."""
        place = after
        while True:
            while place < len(self.events):
                yield self.events[place]
                place += 1
            if self.over:
                return
            await self._changed.wait()

    async def wait(self) -> None:
        """Return when it is over."""
        while not self.over:
            await self._changed.wait()

    def _wake_readers(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
