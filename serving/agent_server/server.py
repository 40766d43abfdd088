"""The Agent Server part as a whole: its files and routes, how it starts and ends."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ...core.errors import StoreError, evidence
from ...core.private_files import private_file, private_folder
from ..guard.api_keys import Keyring, NeedsKey
from ..guard.run_limit import RunLimit
from ..json_response import JsonResponse
from ..served_models import ServedModels
from ..server_settings import Settings
from .assistant_routes import AssistantRoutes
from .database import open_database
from .folder_lock import folder_lock
from .retention import Retention, keep_tidy
from .revoked import revoked_keys_end_runs
from .run_routes import RunRoutes
from .spending import kept_accounts
from .state_routes import StateRoutes
from .thread_routes import ThreadRoutes
from .worker import Worker


@dataclass(frozen=True)
class AgentServer:
    """Threads and runs, with the routes that `langgraph_sdk` and the page need."""

    settings: Settings
    keyring: Keyring
    assistants: AssistantRoutes
    threads: ThreadRoutes
    states: StateRoutes
    runs: RunRoutes
    worker: Worker

    def routes(self) -> list[BaseRoute]:
        """Return the routes; all but two need the key."""
        keyed = [Middleware(NeedsKey, keyring=self.keyring)]
        parts = (self.assistants, self.threads, self.states, self.runs)
        inner = [route for part in parts for route in part.routes()]
        return [
            Route("/ok", self.ok),
            Route("/info", self.info),
            *[Route(r.path, r.endpoint, methods=r.methods, middleware=keyed) for r in inner],
        ]

    async def ok(self, request: Request) -> Response:
        """Answer that the server is there."""
        return JsonResponse({"ok": True})

    async def info(self, request: Request) -> Response:
        """Answer what the server can do."""
        flags = {"assistants": True, "crons": False, "langsmith": False}
        return JsonResponse({"version": version("tpo"), "flags": flags})


@asynccontextmanager
async def open_agent_server(
    settings: Settings, keyring: Keyring, served_models: ServedModels, run_limit: RunLimit
) -> AsyncIterator[AgentServer]:
    """Open the files, resume the runs that a restart interrupted, and close in order.

    Raises:
        StoreError: the folder cannot be used, or another server uses it.
    """
    folder = settings.folder
    try:
        private_folder(folder)  # prompts are private
        with folder_lock(folder):
            private_file(folder / "checkpoints.db")
            async with (
                AsyncSqliteSaver.from_conn_string(os.fspath(folder / "checkpoints.db")) as saver,
                open_database(folder / "runs.db") as database,
                kept_accounts(run_limit.accounts, database.db),
            ):
                await saver.setup()
                apps = {
                    name: served.graph.compile(checkpointer=saver, name=name)
                    for name, served in served_models.graphs.items()
                }
                worker = Worker(settings, run_limit, database, served_models, apps, saver)
                assistants = AssistantRoutes(settings, served_models)
                threads = ThreadRoutes(settings, database, worker, apps["tpo"], saver)
                states = StateRoutes(settings, threads, worker, apps["tpo"])
                runs = RunRoutes(settings, database, worker, threads, assistants)
                await worker.resume_open_runs()
                retention = Retention(settings, worker, database.db, saver.conn)
                try:
                    async with keep_tidy(retention), revoked_keys_end_runs(worker, keyring):
                        yield AgentServer(
                            settings, keyring, assistants, threads, states, runs, worker
                        )
                finally:
                    await worker.drain()
    except (OSError, sqlite3.DatabaseError) as error:
        raise StoreError(f"the folder {folder} cannot be used: {evidence(error)}") from error
