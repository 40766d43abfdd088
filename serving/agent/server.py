"""The agent part of the server as a whole: its files, its routes, its start and its end."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import platformdirs
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ...core.errors import StoreError, evidence
from ...core.private_files import private_file, private_folder
from ..as_json import JSON
from ..catalogue import Catalogue
from ..guard.gate import Gate
from ..guard.keys import NeedsKey
from ..settings import Settings
from .assistants import Assistants
from .ledger import open_ledger
from .runs import Runs
from .states import States
from .threads import Threads
from .worker import Worker

try:
    import fcntl
except ImportError:  # pragma: no cover  Windows
    fcntl = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Agent:
    """Threads and runs, with the routes that `langgraph_sdk` and the page need."""

    settings: Settings
    assistants: Assistants
    threads: Threads
    states: States
    runs: Runs
    worker: Worker

    def routes(self) -> list[BaseRoute]:
        """Return the routes; all but two need the key."""
        keyed = [Middleware(NeedsKey, keys=self.settings.keys)]
        parts = (self.assistants, self.threads, self.states, self.runs)
        inner = [route for part in parts for route in part.routes()]
        return [
            Route("/ok", self.ok),
            Route("/info", self.info),
            *[Route(r.path, r.endpoint, methods=r.methods, middleware=keyed) for r in inner],
        ]

    async def ok(self, request: Request) -> Response:
        """Say that the server is there."""
        return JSON({"ok": True})

    async def info(self, request: Request) -> Response:
        """Say what the server can."""
        flags = {"assistants": True, "crons": False, "langsmith": False}
        return JSON({"version": version("tpo"), "flags": flags})


def data_folder(settings: Settings) -> Path:
    """Return where threads and runs are kept."""
    usual = platformdirs.user_data_path("tpo", appauthor=False) / "serve"
    return (settings.data or usual).expanduser()


@asynccontextmanager
async def open_agent(settings: Settings, catalogue: Catalogue, gate: Gate) -> AsyncIterator[Agent]:
    """Open the files, go on with what was interrupted, and close in order.

    Raises:
        StoreError: the folder cannot be used, or another server uses it.
    """
    folder = data_folder(settings)
    try:
        private_folder(folder)  # prompts are nobody else's business
        with _claimed(folder):
            private_file(folder / "checkpoints.db")
            async with (
                AsyncSqliteSaver.from_conn_string(os.fspath(folder / "checkpoints.db")) as saver,
                open_ledger(folder / "runs.db") as ledger,
            ):
                await saver.setup()
                apps = {
                    name: served.graph.compile(checkpointer=saver, name=name)
                    for name, served in catalogue.graphs.items()
                }
                worker = Worker(settings, gate, ledger, catalogue, apps, saver)
                assistants = Assistants(settings, catalogue)
                threads = Threads(settings, ledger, worker, apps["tpo"], saver)
                states = States(settings, threads, worker, apps["tpo"])
                runs = Runs(settings, ledger, worker, threads, assistants)
                await worker.go_on()
                try:
                    yield Agent(settings, assistants, threads, states, runs, worker)
                finally:
                    await worker.drain()
    except (OSError, sqlite3.DatabaseError) as error:
        raise StoreError(f"the folder {folder} cannot be used: {evidence(error)}") from error


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """Hold the folder: a second server would run everything in it twice."""
    private_file(folder / "lock")
    with (folder / "lock").open("ab") as lock:
        if fcntl:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StoreError(
                    f"another server uses {folder}; give this one its own with --data"
                ) from None
        yield
