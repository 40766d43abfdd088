"""A Ray cluster of small nodes on this machine, whose nodes can be killed.

Started by `ray start`, since Ray's C++ parts and its search for the machine's address do not go
with closed sockets. A token keeps others out: Ray listens on every address of the machine.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

SMALL = ("--num-cpus=1", "--object-store-memory=100000000", "--disable-usage-stats")
TRIES = 5  # a raylet gives up when its helpers take longer than 15 seconds to begin


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def own_client_port() -> list[str]:
    """Where Ray's client is installed, its server would take a port that others have too."""
    there = importlib.util.find_spec("grpc")
    return [f"--ray-client-server-port={free_port()}"] if there else []


@dataclass
class RayNodes:
    """A head and as many nodes as are added; a context manager.

    Attributes:
        environment: What drivers need to connect.
    """

    port: int = field(default_factory=free_port)
    place: str = field(default_factory=lambda: tempfile.mkdtemp(prefix="ray"))
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self.environment = {**os.environ, **token, "OPENAI_API_KEY": "unused"}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start(
            "--head", f"--port={self.port}", f"--temp-dir={self.place}",
            "--include-dashboard=false", *own_client_port(),
        )  # fmt: skip
        return self

    def __exit__(self, *raised: object) -> None:
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        shutil.rmtree(self.place, ignore_errors=True)

    def add(self) -> int:
        """Add a node; return its raylet."""
        before = self.raylets()
        self.start(f"--address={self.address}")
        (new,) = self.raylets() - before
        return new

    def start(self, *options: str) -> None:
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *options, *SMALL]
        for _ in range(TRIES):
            done = subprocess.run(
                command, env=self.environment, capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                return
            if "--head" in options:
                self.__exit__()
        raise AssertionError(done.stdout + done.stderr)

    def kill(self, raylet: int) -> None:
        """Kill a node: its raylet and all its workers, as a machine that loses its power."""
        for process in [raylet, *children(raylet)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def processes(self) -> set[int]:
        """Return the processes of this cluster: they name its folder or its port."""
        return {p for p, line in commands() if self.place in line or f":{self.port}" in line} | {
            child for raylet in self.raylets() for child in children(raylet)
        }

    def raylets(self) -> set[int]:
        return {p for p, line in commands() if "raylet/raylet" in line and self.place in line}


def commands() -> list[tuple[int, str]]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append((int(path.parent.name), path.read_text().replace("\0", " ")))
    return found


def children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found
