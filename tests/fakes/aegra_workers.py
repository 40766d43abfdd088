"""Two aegra workers on one PostgreSQL and one Redis, behind one nginx, on 127.0.0.1."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aegra_server import Aegra, aegra_database, free_port
from patience import wait_until

PROGRAMS = ("redis-server", "nginx")
NGINX = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream workers {{ {workers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://workers;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 1h;
    }}
  }}
}}
"""


def missing() -> list[str]:
    """Return the programs that are not there."""
    return [program for program in PROGRAMS if not shutil.which(program)]


@dataclass(frozen=True)
class Workers:
    """The workers, and the address of the proxy in front of them."""

    url: str
    all: Sequence[Aegra]

    def log(self) -> str:
        return "".join(worker.log.read_text() for worker in self.all)


@contextlib.contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """Run a program as long as it is used; begin when it listens."""

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        assert process.poll() is None, (folder / "programs.log").read_text()[-2000:]
        return False

    with (folder / "programs.log").open("ab") as log:
        how = {"cwd": folder, "stdout": log, "stderr": log, "stdin": subprocess.DEVNULL}
        process = subprocess.Popen(command, **how)  # type: ignore[call-overload]
    try:
        wait_until(listens)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def aegra_workers(folder: Path, count: int = 2, **settings: str) -> Iterator[Workers]:
    """Start all of it.

    Args:
        folder: An empty one, for logs and for Redis.
        count: How many workers.
        **settings: Environment variables the workers are to see.

    Raises:
        NoPostgresError: there is no server with uuid-ossp to start.
    """
    with contextlib.ExitStack() as stack:
        shared = {"DATABASE_URL": stack.enter_context(aegra_database())}
        shared |= {"REDIS_BROKER_ENABLED": "true", "CRON_ENABLED": "false"}
        redis, port = free_port(), free_port()
        nothing_kept = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
        command = ["redis-server", "--port", str(redis), *nothing_kept]
        stack.enter_context(running(command, redis, folder))
        shared["REDIS_URL"] = f"redis://127.0.0.1:{redis}/0"
        found = [Aegra(folder, f"worker{n}", **shared, **settings) for n in range(count)]
        for worker in found:
            worker.start()  # one after the other: the first makes the tables
            stack.callback(end, worker)
        own = "" if os.name == "nt" or os.geteuid() else f"user {getpass.getuser()};"
        servers = " ".join(f"server 127.0.0.1:{worker.port};" for worker in found)
        config = NGINX.format(folder=folder, port=port, workers=servers, user=own)
        (folder / "nginx.conf").write_text(config)
        command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        stack.enter_context(running(command, port, folder))
        yield Workers(f"http://127.0.0.1:{port}", found)


def end(worker: Aegra) -> None:
    """End a worker, unless it was killed."""
    if worker.process.poll() is None:
        worker.stop(signal.SIGTERM)
