"""Works on runs: in order, within the limits, and resumes them after a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from weakref import WeakValueDictionary

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained

from ...core.errors import TPOError
from ...graphs.is_over import is_over
from ..error_responses import Refusal
from ..guard.run_account import RunAccount
from ..guard.run_limit import RunLimit
from ..guard.run_refusals import RETRY_AFTER, stopping
from ..hidden_parts import for_clients
from ..served_models import App, ServedModels
from ..server_settings import Settings
from .database import Database
from .execute_run import run_on_thread
from .live_run import LiveRun
from .read_state import read_state
from .records import Run, RunStatus, ThreadStatus, thread_config
from .state_json import run_result

INTERNAL_ERROR = "An internal error occurred"
log = logging.getLogger("tpo.serving")
# Clients see the message of these alone, as from the Agent Server.
SHOWN_ERRORS = (ValueError, TypeError, KeyError, AttributeError, RuntimeError)


class Worker:
    """Works on runs, each in a task of its own.

    Args:
        settings: Limits.
        run_limit: On runs at the same time, shared with `/v1`.
        database: Where runs are saved.
        served_models: The graphs.
        apps: The graphs, compiled with the saver.
        saver: The checkpoints.
    """

    def __init__(
        self,
        settings: Settings,
        run_limit: RunLimit,
        database: Database,
        served_models: ServedModels,
        apps: Mapping[str, App],
        saver: BaseCheckpointSaver[str],
    ) -> None:
        self.settings, self.run_limit, self.database = settings, run_limit, database
        self.served_models, self.apps, self.saver = served_models, apps, saver
        self.live: dict[str, LiveRun] = {}
        self.draining = False
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def resume_open_runs(self) -> None:
        """Resume the runs that were open when the server ended."""
        for run in await self.database.open_runs():
            if run["kwargs"].get("temporary"):  # nobody can ask for its result any more
                await self.delete_thread(run["thread_id"])
                continue
            if run["kwargs"].get("graph_id") not in self.apps:  # damaged, or of another version
                error = {"error": "StoreError", "message": "what this run was to do cannot be read"}
                await self.database.change_run(run["run_id"], status="error")
                await self.database.change_thread(run["thread_id"], status="error", error=error)
                continue
            if await self._was_followed(run):
                await self.database.change_run(run["run_id"], status="success")
                continue
            life = run["life"] + 1
            await self.database.change_run(run["run_id"], life=life)
            self._start({**run, "life": life})

    async def _was_followed(self, run: Run) -> bool:
        """Return whether a run has come to its end, and another one of its thread began there."""
        thread, mine = thread_config(run), {"run_id": run["run_id"]}
        try:
            newest = await self.saver.aget_tuple(thread)
            saved = [one async for one in self.saver.alist(thread, filter=mine, limit=1)]
        except Exception:  # noqa: BLE001  the run itself says that its thread cannot be read
            return False
        last = newest.metadata.get("run_id") if newest else None
        return bool(saved) and last != run["run_id"]

    async def start(self, run: Run) -> LiveRun:
        """Take a new run.

        Raises:
            Refusal: too many wait already (429), or the server stops (503).
            TPOError: the person's limit for today is used up; its status is 429.
        """
        self.refuse_if_full(run["owner"])
        live = self._start(run)  # first, so that it keeps its place among the others
        try:
            await self.database.add_run(run)
            await self.database.change_thread(run["thread_id"], status="busy")
        except Exception:  # the client is told that there is no such run
            await self.cancel(run["run_id"])
            raise
        return live

    def refuse_if_full(self, owner: str) -> None:
        """Refuse a new run of a person, before a thread is made for it.

        Raises:
            Refusal: too many wait already (429), or the server stops (503).
            TPOError: the person's limit for today is used up; its status is 429.
        """
        if self.draining:
            raise stopping()
        if len(self.live) >= self.settings.max_waiting + self.settings.max_concurrent:
            message = f"{len(self.live)} runs are at work or wait, as many as this server takes"
            raise Refusal(429, message, headers=RETRY_AFTER)
        self.run_limit.accounts.left(owner)

    def busy(self, thread_id: str, but: LiveRun | None = None) -> bool:
        """Return whether a run of this thread is under way or waits; `but` does not count."""
        others = (live for live in self.live.values() if live is not but)
        return any(live.run["thread_id"] == thread_id for live in others)

    def stop(self, run_id: str) -> None:
        """Stop a run; what it paid for stays saved."""
        task = self._tasks.get(run_id)
        if task and not task.cancelling():  # a second cancel would interrupt the saving
            task.cancel()

    async def cancel(self, run_id: str) -> None:
        """Stop a run, and return when it has ended."""
        self.stop(run_id)
        if task := self._tasks.get(run_id):
            await asyncio.wait({task})

    async def drain(self) -> None:
        """Let the runs come to a checkpoint, for `drain_seconds`; the next start resumes them."""
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

    def _start(self, run: Run) -> LiveRun:
        live = self.live[run["run_id"]] = LiveRun(run, self.database.events)
        task = asyncio.create_task(self._work(live), name=f"run {run['run_id']}")
        self._tasks[run["run_id"]] = task
        return live

    async def _work(self, live: LiveRun) -> None:
        run_id, status = live.run["run_id"], None
        try:
            async with self._turns.setdefault(live.run["thread_id"], asyncio.Lock()):
                with await self.run_limit.wait(live.run["owner"]) as slot:
                    status = await self._attempt(live, slot.account)
                await self._finish(live, status)
        except TPOError as error:  # nothing is left for today
            live.fail({"error": type(error).__name__, "message": str(error)}, error)
            await self._finish(live, "error")
        except asyncio.CancelledError:
            await self._finish(live, None if self.draining else "interrupted")
        except Exception as error:  # the disk was full for a moment, say
            log.exception("what became of a run could not be written; it is tried once more")
            if status is None:
                live.fail({"error": "StoreError", "message": INTERNAL_ERROR}, error)
            await asyncio.gather(self._finish(live, status or "error"), return_exceptions=True)
        finally:
            del self.live[run_id], self._tasks[run_id]
            live.end()

    async def _attempt(self, live: LiveRun, account: RunAccount) -> RunStatus | None:
        """Run, and return how it ended; `None` if the end of the server cut it short."""
        await self.database.change_run(live.run["run_id"], status="running")
        served = self.served_models.graphs[live.run["kwargs"]["graph_id"]]
        limit = asyncio.timeout(self.settings.run_seconds)
        operations = self.run_limit.operations
        record = live.record(operations, account, served.name)
        try:
            with operations.watched(record):
                async with limit:
                    await run_on_thread(self.apps[served.name], served, live, record)
        except GraphDrained:
            return None
        except Exception as error:  # it becomes the result of the run
            if not limit.expired():
                if not isinstance(error, TPOError):
                    log.exception("a run failed unexpectedly")
                said = for_clients(str(error), self.settings)
                shown = said if isinstance(error, SHOWN_ERRORS) else INTERNAL_ERROR
                live.fail({"error": type(error).__name__, "message": shown}, error)
                return "error"
        if limit.expired():  # even if the run has ended: see `run_on_thread`
            message = f"the run took longer than {self.settings.run_seconds:g} s"
            live.fail({"error": "TimeoutError", "message": message}, TimeoutError(message))
            return "timeout"
        return "success"

    async def _finish(self, live: LiveRun, status: RunStatus | None) -> None:
        """Save how a run ended; `None` leaves it open, to be resumed."""
        if status is None:
            return
        run = live.run
        new_status: ThreadStatus = "error"  # of the thread
        if not live.error:
            try:
                state = await read_state(self.apps[run["kwargs"]["graph_id"]], thread_config(run))
                live.result = run_result(state)
                new_status = "idle" if is_over(state) else "interrupted"
            except Refusal as error:  # the state cannot be read
                live.fail({"error": "StoreError", "message": error.detail})
                status = "error"
        if live.error:
            live.result = {"__error__": live.error}
        if self.busy(run["thread_id"], but=live):
            new_status = "busy"
        await self.database.change_thread(run["thread_id"], status=new_status, error=live.error)
        await self.database.change_run(run["run_id"], status=status)
        await self.database.events.drop(run["run_id"], passing=True)
        if run["kwargs"]["temporary"]:
            await self.delete_thread(run["thread_id"])

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a thread without open runs: its checkpoints, its runs, and the thread."""
        await self.saver.adelete_thread(thread_id)
        await self.database.delete_thread(thread_id)

    async def delete_if_idle(self, thread_id: str) -> bool:
        """Delete a thread unless a run of it is under way or waits; return whether it is gone."""
        if self.busy(thread_id):
            return False
        await self.delete_thread(thread_id)
        return True
