"""aegra, started for real on examples/aegra/ with a PostgreSQL server; see `make aegra`."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from billing_server import BillingServer, varied
from langgraph_sdk import get_client
from local_postgres import NoPostgresError, postgres

PYTHON = os.environ.get("TPO_AEGRA", "")
CONFIG = Path(__file__).parents[2] / "examples" / "aegra" / "aegra.json"
KEY = "sk-loopback-1234567890"
START_WITHIN = 60.0


class Aegra:
    """The server; it can be killed and started again."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.log = folder / "aegra.log"
        self.folder = folder
        own = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self.environment = {**own, "AEGRA_CONFIG": str(CONFIG), **settings}

    def start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = ["-m", "uvicorn", "aegra_api.main:app", "--host", "127.0.0.1", "--port"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PYTHON, *command, str(port)],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + START_WITHIN
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/health"):
                return
            time.sleep(0.1)
        self.stop(signal.SIGKILL)
        raise AssertionError(f"aegra did not start:\n{self.log.read_text()[-4000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(20)


@pytest.fixture(scope="session")
def models() -> Iterator[BillingServer]:
    with BillingServer(varied, api_key=KEY) as server:
        yield server


@pytest.fixture(scope="session")
def aegra(models: BillingServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aegra]:
    if not PYTHON:
        pytest.skip("aegra has an environment of its own: make aegra")
    with contextlib.ExitStack() as stack:
        try:
            dsn = stack.enter_context(postgres("uuid-ossp"))
        except NoPostgresError as error:
            pytest.skip(str(error))
        with psycopg.connect(f"{dsn} dbname=postgres", autocommit=True) as connection:
            connection.execute("create database aegra")
        host = dsn.split()[0].removeprefix("host=")
        server = Aegra(
            tmp_path_factory.mktemp("aegra"),
            DATABASE_URL=f"postgresql://tpo@/aegra?host={host}",
            TPO_POLICY=f"openai:x@{models.base_url}",
            TPO_POLICY_API_KEY=KEY,
            LANGGRAPH_STRICT_MSGPACK="true",
        )
        server.start()
        stack.callback(server.stop)
        yield server
    assert KEY not in server.log.read_text()


@pytest.fixture
async def client(aegra: Aegra, models: BillingServer) -> Any:
    models.forget()
    models.delay = 0.0
    async with get_client(url=aegra.url, api_key=None, timeout=60) as made:
        yield made


@pytest.fixture
async def thread(client: Any) -> str:
    return str((await client.threads.create())["thread_id"])
