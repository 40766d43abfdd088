"""`tpo serve` on uvicorn: at a signal the runs are drained, then the server ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from .agent_server.server import open_agent_server
from .agent_server.worker import Worker
from .app import app_of_tpo_serve
from .guard.api_keys import make_keyring
from .guard.run_limit import make_run_limit
from .guard.slow_clients import slow_client_protocol
from .guard.url_token import with_token
from .listen import BACKLOG, allow_open_files, listen
from .operations.export_spans import make_spans
from .operations.log_lines import set_up_log
from .operations.operations import Operations
from .served_models import ServedModels
from .server_settings import Settings

OTHER_FILES = 512  # databases, connections to models
AFTER_DRAIN = 3  # more seconds for answers that are being written


class Server(uvicorn.Server):
    """Sets an event when it is to end; does not raise the signal again when it has ended."""

    def __init__(self, config: uvicorn.Config, ending: asyncio.Event) -> None:
        super().__init__(config)
        self._ending, self._loop = ending, asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; at a second signal, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._ending.set)


async def serve(settings: Settings, show: Callable[[str], None]) -> None:
    """Serve until a signal comes.

    Args:
        settings: Of the server.
        show: Takes lines for the person who started it.

    Raises:
        ConfigError: the settings are unsafe, or name something that does not exist.
        StoreError: the folder of threads and runs cannot be used.
    """
    settings.check()
    set_up_log(settings)
    allow_open_files(2 * settings.max_connections + OTHER_FILES)
    settings, token = with_token(settings)
    keyring, served_models = make_keyring(settings), ServedModels(settings)
    operations = Operations(make_spans())
    run_limit = make_run_limit(settings, keyring, operations)
    await served_models.check()
    ending = asyncio.Event()
    async with open_agent_server(settings, keyring, served_models, run_limit) as agent:
        waiting = partial(waiting_runs, agent.worker)
        operations.metrics.watch(waiting, lambda: operations.draining)
        app = app_of_tpo_serve(settings, served_models, run_limit, agent)
        server = Server(uvicorn_config(settings, app), ending)

        async def drain() -> None:
            await ending.wait()
            operations.draining = True
            await asyncio.gather(agent.worker.drain(), run_limit.drain(settings.drain_seconds))

        draining = asyncio.create_task(drain())
        listening = listen(settings)
        show(places(address_of(settings, listening.getsockname()[1]), token))
        await server.serve([listening])
        ending.set()
        await draining
    await asyncio.to_thread(operations.spans.close)


def waiting_runs(worker: Worker) -> int:
    """Return how many runs of threads wait for their turn."""
    return max(0, len(worker.live) - worker.run_limit.operations.at_work)


def places(address: str, token: str) -> str:
    """Return where everything is, for the person who started the server."""
    line = (
        f"The page: {address}/app/{token}   OpenAI clients: {address}/v1   langgraph_sdk: {address}"
    )
    return f"{line}\nClients send the token as their API key." if token else line


def address_of(settings: Settings, port: int) -> str:
    """Return the URL to type."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"


def uvicorn_config(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    """Return how uvicorn serves the app."""
    return uvicorn.Config(
        app,
        proxy_headers=False,  # they would name another peer than the one that is connected
        http=slow_client_protocol(settings.patience_seconds, settings.max_connections),
        host=settings.host,
        port=settings.port,
        lifespan="off",
        log_config=None,  # as the rest of the log: see operations/log_lines.py
        log_level="warning",
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=round(settings.drain_seconds + AFTER_DRAIN),
        # Strangers' requests count until they are refused; twice as many leave room for others.
        limit_concurrency=2 * settings.max_connections,
        backlog=BACKLOG,
    )
