"""Threads: made, listed, read, edited, forgotten."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..as_json import JSON
from ..catalogue import App
from ..guard.body import read_json
from ..refusal import Refusal
from ..settings import Settings
from .fits import read_state
from .ledger import Ledger
from .payload import (
    ThreadCreate,
    ThreadPatch,
    ThreadSearch,
    as_uuid,
    checked,
)
from .records import Thread, now, place_of
from .wire import interrupt_of
from .worker import Worker


def new_thread(thread_id: str | None = None, metadata: dict[str, Any] | None = None) -> Thread:
    """Return the record of a new thread."""
    made = now()
    return Thread(
        thread_id=thread_id or str(uuid4()),
        created_at=made,
        updated_at=made,
        metadata=metadata or {},
        status="idle",
        error=None,
    )


class Threads:
    """The routes under `/threads` that are not about runs.

    Args:
        settings: Limits.
        ledger: The threads.
        worker: The runs under way.
        app: Any graph with the saver: they all have the same state.
        saver: The checkpoints.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        worker: Worker,
        app: App,
        saver: AsyncSqliteSaver,
    ) -> None:
        self.settings, self.ledger, self.worker = settings, ledger, worker
        self.app, self.saver = app, saver

    def routes(self) -> list[Route]:
        """Return the routes."""
        there = "/threads/{thread_id}"
        return [
            Route("/threads", self.create, methods=["POST"]),
            Route("/threads/search", self.search, methods=["POST"]),
            Route("/threads/count", self.count, methods=["POST"]),
            Route(there, self.get),
            Route(there, self.patch, methods=["PATCH"]),
            Route(there, self.delete, methods=["DELETE"]),
            Route(f"{there}/copy", self.copy, methods=["POST"]),
        ]

    async def find(self, request: Request) -> Thread:
        """Return the thread that a path names.

        Raises:
            Refusal: there is none (404).
        """
        thread_id = as_uuid(request.path_params["thread_id"], "thread")
        thread = await self.ledger.thread(thread_id)
        if thread is None:
            raise Refusal(404, f"there is no thread {thread_id}")
        return thread

    async def create(self, request: Request) -> Response:
        """Make a thread."""
        asked = checked(ThreadCreate, await read_json(request, self.settings))
        thread_id = str(asked.thread_id) if asked.thread_id else None
        known = await self.ledger.thread(thread_id) if thread_id else None
        if known and asked.if_exists != "do_nothing":
            raise Refusal(409, f"there is a thread {thread_id} already")
        thread = known or new_thread(thread_id, asked.metadata)
        if not known:
            await self.ledger.add_thread(thread)
        return JSON(_shown(thread))

    async def search(self, request: Request) -> Response:
        """List threads."""
        asked = checked(ThreadSearch, await read_json(request, self.settings))
        found = await self.ledger.find_threads(
            status=asked.status,
            metadata=asked.metadata,
            ids=asked.ids,
            sort_by=asked.sort_by,
            ascending=asked.sort_order == "asc",
            limit=asked.limit,
            offset=asked.offset,
        )
        keep = asked.select
        full = [await self._shown(t, brief=bool(keep and "values" not in keep)) for t in found]
        return JSON([{k: v for k, v in t.items() if not keep or k in keep} for t in full])

    async def count(self, request: Request) -> Response:
        """Count threads."""
        asked = checked(ThreadSearch, await read_json(request, self.settings))
        found = await self.ledger.count_threads(
            status=asked.status, metadata=asked.metadata, ids=asked.ids
        )
        return JSON(found)

    async def get(self, request: Request) -> Response:
        """Show a thread."""
        return JSON(await self._shown(await self.find(request)))

    async def patch(self, request: Request) -> Response:
        """Change a thread's metadata."""
        thread = await self.find(request)
        asked = checked(ThreadPatch, await read_json(request, self.settings))
        metadata = {**thread["metadata"], **asked.metadata}
        checked(ThreadPatch, {"metadata": metadata})  # piece by piece it may grow too large
        await self.ledger.change_thread(thread["thread_id"], metadata=metadata)
        return JSON(await self._shown(await self.find(request)))

    async def delete(self, request: Request) -> Response:
        """Forget a thread and all its state."""
        await self.forget((await self.find(request))["thread_id"])
        return Response(status_code=204)

    async def forget(self, thread_id: str) -> None:
        """Forget a thread; its runs are stopped first."""
        for live in list(self.worker.live.values()):
            if live.run["thread_id"] == thread_id:
                await self.worker.cancel(live.run["run_id"])
        await self.worker.forget(thread_id)

    async def copy(self, request: Request) -> Response:
        """Make a thread with the same checkpoints."""
        thread = await self.find(request)
        made = new_thread(None, thread["metadata"])
        made["status"] = "idle" if thread["status"] == "busy" else thread["status"]
        async with self.saver.lock:
            for table in ("checkpoints", "writes"):
                async with self.saver.conn.execute(f"PRAGMA table_info({table})") as rows:
                    names = [row[1] for row in await rows.fetchall()]
                kept = ", ".join(name for name in names if name != "thread_id")
                await self.saver.conn.execute(
                    f"INSERT INTO {table} (thread_id, {kept}) "  # noqa: S608  names of SQLite's
                    f"SELECT ?, {kept} FROM {table} WHERE thread_id = ?",
                    (made["thread_id"], thread["thread_id"]),
                )
            await self.saver.conn.commit()
        await self.ledger.add_thread(made)
        return JSON(await self._shown(made))

    async def _shown(self, thread: Thread, *, brief: bool = False) -> dict[str, Any]:
        """Return a thread with its values and what it waits for.

        A state that cannot be read is noted as the thread's error, and spoils no list.
        """
        shown = _shown(thread)
        if brief:
            return shown
        try:
            state = await read_state(self.app, place_of(thread))
        except Refusal as refusal:
            return {**shown, "error": {"error": "StoreError", "message": refusal.detail}}
        paused = {
            task.id: [interrupt_of(one) for one in task.interrupts]
            for task in state.tasks
            if task.interrupts
        }
        return {**shown, "values": state.values or None, "interrupts": paused}


def _shown(thread: Thread) -> dict[str, Any]:
    """Return a thread whose state is not looked at."""
    blank: dict[str, Any] = {"config": {}, "values": None, "interrupts": {}}
    return {**thread, **blank, "state_updated_at": thread["updated_at"]}
