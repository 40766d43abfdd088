"""Starts the run that a request asks for: it is checked, saved and queued."""

from __future__ import annotations

from langchain_core.runnables import RunnableConfig
from starlette.requests import Request

from ...core.errors import ConfigError, InputError
from ..error_responses import Refusal
from ..guard.callers import caller_of
from ..guard.read_body import read_json
from ..json_response import to_json
from ..server_settings import Settings
from .assistant_routes import AssistantRoutes, assistant_id
from .check_edit import check_edit
from .check_update import check_for_new_thread, check_update
from .database import Database
from .known_thread import known_thread, no_thread
from .live_run import LiveRun
from .read_state import values_at
from .records import Thread, at_checkpoint, new_thread
from .request_bodies import RunCreate, as_uuid, parse_body
from .run_record import run_record
from .worker import Worker


class RunStarter:
    """Starts the run that a request asks for.

    Args:
        settings: Limits.
        database: The threads.
        worker: Takes the run.
        assistants: The graphs by name.
    """

    def __init__(
        self, settings: Settings, database: Database, worker: Worker, assistants: AssistantRoutes
    ) -> None:
        self.settings, self.database = settings, database
        self.worker, self.assistants = worker, assistants

    async def __call__(self, request: Request) -> tuple[LiveRun, RunCreate]:
        """Check the request, then start the run; a wrong request costs nothing."""
        asked = parse_body(RunCreate, await read_json(request, self.settings))
        served = self.assistants.find(asked.assistant_id)
        context = asked.settings(served.schema.model_fields)
        try:
            served.context(**context)
        except ConfigError as error:
            raise Refusal(422, f"context: {error}") from None
        known = await self.thread_of(request, asked)
        try:
            await self._check_update(request, asked, served.name)
        except InputError as error:
            raise Refusal(422, f"{'command' if asked.command else 'input'}: {error}") from None
        thread_id, temporary = await self._thread(request, known, served.name)
        if asked.multitask_strategy == "reject" and self.worker.busy(thread_id):
            raise Refusal(409, "a run of this thread is under way; cancel it, or enqueue this one")
        run = run_record(asked, served.name, thread_id, context, temporary=temporary)
        run["owner"] = caller_of(request).name
        return await self.worker.start(run), asked

    async def thread_of(self, request: Request, asked: RunCreate) -> Thread | None:
        """Return the thread that the path names, or `None` if it is to be made.

        Raises:
            Refusal: there is none, or it is someone else's (404).
        """
        given = request.path_params.get("thread_id")
        if given is None:
            return None
        thread_id = as_uuid(given, "thread")
        known = await known_thread(self.database, request, thread_id)
        if known is None and asked.if_not_exists == "reject":
            raise no_thread(thread_id)
        return known

    async def _thread(self, request: Request, known: Thread | None, name: str) -> tuple[str, bool]:
        """Return the thread of a new run, and whether it exists for that run only."""
        about = {"graph_id": name, "assistant_id": assistant_id(name)}
        given = request.path_params.get("thread_id")
        if known is None:
            self.worker.refuse_if_full(caller_of(request).name)
            thread_id = None if given is None else as_uuid(given, "thread")
            known = new_thread(caller_of(request).name, thread_id, about)
            await self.database.add_thread(known)
        elif not about.items() <= known["metadata"].items():
            metadata = {**known["metadata"], **about}
            await self.database.change_thread(known["thread_id"], metadata=metadata)
        return known["thread_id"], given is None

    async def _check_update(self, request: Request, asked: RunCreate, name: str) -> None:
        """Refuse what the thread cannot take; for a busy thread, the run checks when it starts."""
        size = len(to_json(asked.input)) if asked.input else 0
        if size > 2 * self.settings.max_prompt_chars:
            raise Refusal(413, f"the input holds {size} bytes, more than this server takes")
        update = asked.command.update if asked.command else asked.input
        given = request.path_params.get("thread_id")
        check = check_edit if asked.command else check_update
        if given is None:
            check_for_new_thread(update)
        elif isinstance(update, dict):
            thread_id = as_uuid(given, "thread")
            config: RunnableConfig = {"configurable": {"thread_id": thread_id}}
            config = at_checkpoint(config, asked.start) if asked.start else config
            if not self.worker.busy(thread_id):
                app = self.worker.apps[name]
                check(app, await values_at(app, config) or {}, update)
