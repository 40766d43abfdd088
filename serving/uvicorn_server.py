"""`tpo serve` under uvicorn: a signal drains the runs, then the server ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from ..core.errors import ConfigError
from .agent.server import open_agent
from .agent.worker import Worker
from .app import app_alone
from .catalogue import Catalogue
from .guard.gate import Gate
from .guard.patience import allow_files, patient_protocol
from .settings import Settings

OWN_FILES = 512  # databases, connections to models
BACKLOG = 256  # connections that wait to be accepted
AFTER_DRAIN = 3  # further seconds for answers that are being written


class Server(uvicorn.Server):
    """Tells when it is to end; raises no signal again once it has ended."""

    def __init__(self, config: uvicorn.Config, ending: asyncio.Event) -> None:
        super().__init__(config)
        self._ending, self._loop = ending, asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; at a second signal, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._ending.set)


async def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until a signal comes.

    Args:
        settings: How.
        say: Takes lines for the person who started it.

    Raises:
        ConfigError: the settings are unsafe, or name what is not there.
        StoreError: the folder of threads and runs cannot be used.
    """
    settings.check()
    allow_files(2 * settings.max_connections + OWN_FILES)
    catalogue, gate = Catalogue(settings), Gate(settings.max_concurrent)
    await catalogue.check()
    ending = asyncio.Event()
    async with open_agent(settings, catalogue, gate) as agent:
        server = Server(config_of(settings, app_alone(settings, catalogue, gate, agent)), ending)
        draining = asyncio.create_task(_drain(ending, agent.worker, gate))
        listening = listen(settings)
        address = address_of(settings, listening.getsockname()[1])
        say(f"The page: {address}/app/   OpenAI clients: {address}/v1   langgraph_sdk: {address}")
        await server.serve([listening])
        ending.set()
        await draining


async def _drain(ending: asyncio.Event, worker: Worker, gate: Gate) -> None:
    await ending.wait()
    await asyncio.gather(worker.drain(), gate.empty(worker.settings.drain_seconds))


def listen(settings: Settings) -> socket.socket:
    """Open the port, before anything is said of it.

    Raises:
        ConfigError: it is taken, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio switches off Nagle's delay (40 ms a reply) only where the protocol is named.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((settings.host, settings.port))
        made.listen(BACKLOG)  # a client may come as soon as the address is said
    except OSError as error:
        made.close()
        raise ConfigError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; "
            "take another with --port"
        ) from None
    return made


def address_of(settings: Settings, port: int) -> str:
    """Return the URL to type."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"


def config_of(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    """Return how uvicorn serves the app."""
    return uvicorn.Config(
        app,
        http=patient_protocol(settings.patience_seconds),
        host=settings.host,
        port=settings.port,
        lifespan="off",
        log_level="warning",
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=round(settings.drain_seconds + AFTER_DRAIN),
        limit_concurrency=settings.max_connections,
        backlog=BACKLOG,
    )
