"""aegra, started for real on examples/aegra/: one process; it can be killed and restarted."""

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

import psycopg
from local_postgres import postgres

PYTHON = os.environ.get("TPO_AEGRA", "")  # of an environment with aegra and this package
CONFIG = Path(__file__).parents[2] / "examples" / "aegra" / "aegra.json"
START_WITHIN = 60.0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def aegra_database() -> Iterator[str]:
    """Yield the address of an empty database on a PostgreSQL server of its own.

    Raises:
        NoPostgresError: there is no server with uuid-ossp to start.
    """
    with postgres("uuid-ossp") as dsn:
        with psycopg.connect(f"{dsn} dbname=postgres", autocommit=True) as connection:
            connection.execute("create database aegra")
        host = dsn.split()[0].removeprefix("host=")
        yield f"postgresql://tpo@/aegra?host={host}"


class Aegra:
    """One aegra; it serves requests and runs graphs.

    Args:
        folder: Where its log lies.
        **settings: Environment variables it is to see.
    """

    def __init__(self, folder: Path, name: str = "aegra", **settings: str) -> None:
        self.log, self.folder = folder / f"{name}.log", folder
        own = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self.environment = {**own, "AEGRA_CONFIG": str(CONFIG), **settings}
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, on the same port as before; return when it answers."""
        command = ["-m", "uvicorn", "aegra_api.main:app", "--host", "127.0.0.1", "--port"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PYTHON, *command, str(self.port)],
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
        self.process.wait(60)
