"""Runs under way: in their order, within the limits, through the end of the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained

from ...core.errors import TPOError
from ..catalogue import App, Catalogue
from ..guard.gate import RETRY_AFTER, STOPPING, Gate
from ..refusal import Refusal
from ..settings import Settings
from .execute import execute
from .fits import read_state
from .ledger import Ledger
from .live import LiveRun
from .records import Run, RunStatus, ThreadStatus, place_of
from .wire import result_of

log = logging.getLogger("tpo.serving")
TOLD = (ValueError, TypeError, KeyError, AttributeError, RuntimeError)  # as Agent Server does


class Worker:
    """Works on runs, each in a task of its own.

    Args:
        settings: Limits.
        gate: The runs at a time, shared with `/v1`.
        ledger: Where runs are written down.
        catalogue: The graphs.
        apps: The same, compiled with the saver.
        saver: The checkpoints.
    """

    def __init__(
        self,
        settings: Settings,
        gate: Gate,
        ledger: Ledger,
        catalogue: Catalogue,
        apps: Mapping[str, App],
        saver: BaseCheckpointSaver[Any],
    ) -> None:
        self.settings, self.gate, self.ledger = settings, gate, ledger
        self.catalogue, self.apps, self.saver = catalogue, apps, saver
        self.live: dict[str, LiveRun] = {}
        self.draining = False
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def go_on(self) -> None:
        """Take up the runs that the last end of the server interrupted."""
        for run in await self.ledger.open_runs():
            if run["kwargs"].get("temporary"):  # whoever waited for it is gone
                await self.forget(run["thread_id"])
                continue
            if run["kwargs"].get("graph_id") not in self.apps:  # unreadable, or of another version
                error = {"error": "StoreError", "message": "what this run was to do cannot be read"}
                await self.ledger.change_run(run["run_id"], status="error")
                await self.ledger.change_thread(run["thread_id"], status="error", error=error)
                continue
            life = run["life"] + 1
            await self.ledger.change_run(run["run_id"], life=life)
            self._begin({**run, "life": life})

    async def begin(self, run: Run) -> LiveRun:
        """Take a new run.

        Raises:
            Refusal: too many wait already (429), or the server stops (503).
        """
        if self.draining:
            raise Refusal(503, STOPPING, headers=RETRY_AFTER)
        if len(self.live) >= self.settings.max_waiting + self.settings.max_concurrent:
            said = f"{len(self.live)} runs are at work or wait, as many as this server takes"
            raise Refusal(429, said, headers=RETRY_AFTER)
        live = self._begin(run)
        await self.ledger.add_run(run)
        await self.ledger.change_thread(run["thread_id"], status="busy")
        return live

    def busy(self, thread_id: str, but: LiveRun | None = None) -> bool:
        """Tell whether a run of this thread is under way or waits, other than `but`."""
        others = (live for live in self.live.values() if live is not but)
        return any(live.run["thread_id"] == thread_id for live in others)

    def stop(self, run_id: str) -> None:
        """Have a run stopped; what it paid for stays saved."""
        task = self._tasks.get(run_id)
        if task and not task.cancelling():  # a second time would cut off the writing down
            task.cancel()

    async def cancel(self, run_id: str) -> None:
        """Stop a run, and return when it has ended."""
        self.stop(run_id)
        if task := self._tasks.get(run_id):
            await asyncio.wait({task})

    async def drain(self) -> None:
        """Let runs come to a checkpoint, for so long; the next start goes on with them."""
        self.draining = True
        for live in self.live.values():
            live.control.request_drain("the server stops")
        tasks = set(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self.settings.drain_seconds)
            for task in late:  # their finished requests are saved
                task.cancel()
            if late:
                await asyncio.wait(late)

    def _begin(self, run: Run) -> LiveRun:
        live = self.live[run["run_id"]] = LiveRun(run, self.ledger.events)
        task = asyncio.create_task(self._work(live), name=f"run {run['run_id']}")
        self._tasks[run["run_id"]] = task
        return live

    async def _work(self, live: LiveRun) -> None:
        run_id = live.run["run_id"]
        try:
            async with self._turns.setdefault(live.run["thread_id"], asyncio.Lock()):
                with await self.gate.wait():
                    await self.ledger.change_run(run_id, status="running")
                    status = await self._attempt(live)
                await self._conclude(live, status)
        except asyncio.CancelledError:
            await self._conclude(live, None if self.draining else "interrupted")
        finally:
            del self.live[run_id], self._tasks[run_id]
            live.end()

    async def _attempt(self, live: LiveRun) -> RunStatus | None:
        """Run, and return how it ended; `None` where the server's end cut it short."""
        served = self.catalogue.graphs[live.run["kwargs"]["graph_id"]]
        limit = asyncio.timeout(self.settings.run_seconds)
        try:
            async with limit:
                await execute(self.apps[served.name], served, live)
        except GraphDrained:
            return None
        except Exception as error:  # noqa: BLE001  told to whoever asks for the run
            if not limit.expired():
                live.fail(_told(error))
                return "error"
        if limit.expired():  # it may have ended all the same: see `execute`
            said = f"the run took longer than {self.settings.run_seconds:g} s"
            live.fail({"error": "TimeoutError", "message": said})
            return "timeout"
        return "success"

    async def _conclude(self, live: LiveRun, status: RunStatus | None) -> None:
        """Write down how a run ended; `None` leaves it open, to go on with."""
        run = live.run
        if status is None:
            return
        then: ThreadStatus = "error"
        if not live.error:
            try:
                state = await read_state(self.apps[run["kwargs"]["graph_id"]], place_of(run))
                live.result, then = result_of(state), "interrupted" if state.next else "idle"
            except Refusal as error:  # a state that cannot be read is told too
                live.fail({"error": "StoreError", "message": error.detail})
                status = "error"
        if live.error:
            live.result = {"__error__": live.error}
        if self.busy(run["thread_id"], but=live):
            then = "busy"
        await self.ledger.change_thread(run["thread_id"], status=then, error=live.error)
        await self.ledger.change_run(run["run_id"], status=status)
        await self.ledger.events.forget(run["run_id"], passing=True)
        if run["kwargs"]["temporary"]:
            await self.forget(run["thread_id"])

    async def forget(self, thread_id: str) -> None:
        """Forget a thread on which nothing runs: its checkpoints, its runs, itself."""
        await self.saver.adelete_thread(thread_id)
        await self.ledger.delete_thread(thread_id)


def _told(error: Exception) -> dict[str, str]:
    """Return what a client is told; the rest is in the log."""
    name = type(error).__name__
    if not isinstance(error, TPOError):
        log.error("a run failed unexpectedly", exc_info=error)
    if isinstance(error, TOLD):
        return {"error": name, "message": str(error)}
    return {"error": name, "message": "An internal error occurred"}
