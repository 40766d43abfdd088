"""The routes of threads: make, list, read, change, copy and delete them."""

from __future__ import annotations

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.json_types import JsonObject
from ..error_responses import Refusal
from ..guard.callers import caller_of
from ..guard.read_body import read_json
from ..json_response import JsonResponse
from ..served_models import App
from ..server_settings import Settings
from .database import Database
from .known_thread import known_thread, no_thread
from .read_state import read_state
from .records import Thread, new_thread, thread_config
from .request_bodies import (
    ThreadCreate,
    ThreadPatch,
    ThreadSearch,
    as_uuid,
    parse_body,
)
from .state_json import interrupt_of
from .wanted_threads import WantedThreads
from .worker import Worker


class ThreadRoutes:
    """The routes under `/threads` that are not about runs.

    Args:
        settings: Limits.
        database: The threads.
        worker: The runs under way.
        app: Any graph with the saver, as all have the same state.
        saver: The checkpoints.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        worker: Worker,
        app: App,
        saver: AsyncSqliteSaver,
    ) -> None:
        self.settings, self.database, self.worker = settings, database, worker
        self.app, self.saver = app, saver

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/threads/{thread_id}"
        return [
            Route("/threads", self.create, methods=["POST"]),
            Route("/threads/search", self.search, methods=["POST"]),
            Route("/threads/count", self.count, methods=["POST"]),
            Route(one, self.get),
            Route(one, self.patch, methods=["PATCH"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/copy", self.copy, methods=["POST"]),
        ]

    async def find(self, request: Request) -> Thread:
        """Return the thread that a path names.

        Raises:
            Refusal: there is none, or it is someone else's (404).
        """
        thread_id = as_uuid(request.path_params["thread_id"], "thread")
        thread = await known_thread(self.database, request, thread_id)
        if thread is None:
            raise no_thread(thread_id)
        return thread

    async def create(self, request: Request) -> Response:
        """Make a thread."""
        asked = parse_body(ThreadCreate, await read_json(request, self.settings))
        thread_id = str(asked.thread_id) if asked.thread_id else None
        known = await known_thread(self.database, request, thread_id) if thread_id else None
        if known and asked.if_exists != "do_nothing":
            raise Refusal(409, f"there is a thread {thread_id} already")
        thread = known or new_thread(caller_of(request).name, thread_id, asked.metadata)
        if not known:
            await self.database.add_thread(thread)
        return JsonResponse(_brief(thread))

    async def search(self, request: Request) -> Response:
        """List threads."""
        asked = parse_body(ThreadSearch, await read_json(request, self.settings))
        found = await self.database.find_threads(
            wanted_threads(request, asked),
            sort_by=asked.sort_by,
            ascending=asked.sort_order == "asc",
            limit=asked.limit,
            offset=asked.offset,
        )
        keep = asked.select
        shown = [await self._listed(t, asked.select) for t in found]
        return JsonResponse([{k: v for k, v in t.items() if not keep or k in keep} for t in shown])

    async def count(self, request: Request) -> Response:
        """Count threads."""
        asked = parse_body(ThreadSearch, await read_json(request, self.settings))
        return JsonResponse(await self.database.count_threads(wanted_threads(request, asked)))

    async def get(self, request: Request) -> Response:
        """Return a thread."""
        return JsonResponse(await self._with_state(await self.find(request)))

    async def patch(self, request: Request) -> Response:
        """Change a thread's metadata."""
        thread = await self.find(request)
        asked = parse_body(ThreadPatch, await read_json(request, self.settings))
        metadata = {**thread["metadata"], **asked.metadata}
        parse_body(ThreadPatch, {"metadata": metadata})  # many small changes may make it too large
        await self.database.change_thread(thread["thread_id"], metadata=metadata)
        return JsonResponse(await self._with_state(await self.find(request)))

    async def delete(self, request: Request) -> Response:
        """Delete a thread and all its state."""
        await self.delete_by_id((await self.find(request))["thread_id"])
        return Response(status_code=204)

    async def delete_by_id(self, thread_id: str) -> None:
        """Stop the runs of a thread, then delete it."""
        for live in list(self.worker.live.values()):
            if live.run["thread_id"] == thread_id:
                await self.worker.cancel(live.run["run_id"])
        await self.worker.delete_thread(thread_id)

    async def copy(self, request: Request) -> Response:
        """Make a thread with the same checkpoints."""
        thread = await self.find(request)
        made = new_thread(caller_of(request).name, None, thread["metadata"])
        made["status"] = "idle" if thread["status"] == "busy" else thread["status"]
        async with self.saver.lock:
            for table in ("checkpoints", "writes"):
                async with self.saver.conn.execute(f"PRAGMA table_info({table})") as rows:
                    names = [row[1] for row in await rows.fetchall()]
                kept = ", ".join(name for name in names if name != "thread_id")
                await self.saver.conn.execute(
                    f"INSERT INTO {table} (thread_id, {kept}) "  # noqa: S608  names that SQLite gave
                    f"SELECT ?, {kept} FROM {table} WHERE thread_id = ?",
                    (made["thread_id"], thread["thread_id"]),
                )
            await self.saver.conn.commit()
        await self.database.add_thread(made)
        return JsonResponse(await self._with_state(made))

    async def _listed(self, thread: Thread, keep: list[str] | None) -> JsonObject:
        """Return a thread; its state is read only for fields that are to be kept and in it."""
        waits = thread["status"] == "interrupted" and "interrupts" in (keep or [])
        read = not keep or "values" in keep or waits
        return await self._with_state(thread) if read else _brief(thread)

    async def _with_state(self, thread: Thread) -> JsonObject:
        """Return a thread with its values and what it waits for.

        If the state cannot be read, that becomes the thread's error, so that lists still work.
        """
        brief = _brief(thread)
        try:
            state = await read_state(self.app, thread_config(thread))
        except Refusal as refusal:
            return {**brief, "error": {"error": "StoreError", "message": refusal.detail}}
        paused = {
            task.id: [interrupt_of(one) for one in task.interrupts]
            for task in state.tasks
            if task.interrupts
        }
        return {**brief, "values": state.values or None, "interrupts": paused}


def wanted_threads(request: Request, asked: ThreadSearch) -> WantedThreads:
    """Return which threads a search is after, among those that this person sees."""
    return WantedThreads(caller_of(request).sees, asked.status, asked.metadata, asked.ids)


def _brief(thread: Thread) -> JsonObject:
    """Return a thread without its state."""
    no_state: JsonObject = {"config": {}, "values": None, "interrupts": {}}
    shown = {name: value for name, value in thread.items() if name != "owner"}
    return {**shown, **no_state, "state_updated_at": thread["updated_at"]}
