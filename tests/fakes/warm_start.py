"""`tpo COMMAND` as a process of its own, without the seconds that Python takes to import it.

A start of `tpo serve` is five seconds of the processor, nearly all of them imports, and the tests
start dozens. So they keep one process that has imported everything and waits; a start
is a fork of it, with its own environment, folder and files. From there on it is a process like any
other: it may be killed, it listens, it has an exit code. A few tests start Python as a user does.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from patience import PATIENCE

WAITING = Path(__file__).with_name("warm_start_waiting.py")
WIDTH = 12  # digits of a number that is told: the process, then its exit code
# What is read while importing has to be there before; it is the same for all.
ALWAYS = {
    "LANGSMITH_TRACING": "false",
    "LANGGRAPH_STRICT_MSGPACK": "true",
    "PYTHONUNBUFFERED": "1",
}
OTHERS = ("TPO_", "LANGSMITH_", "LANGCHAIN_", "LANGGRAPH_", "OPENAI_")


def clean_environment() -> dict[str, str]:
    """Return the environment without what would lead a program elsewhere."""
    own = {k: v for k, v in os.environ.items() if not k.upper().startswith(OTHERS)}
    return {k: v for k, v in own.items() if not k.upper().endswith("_PROXY")}


class WarmProcess:
    """A process of `tpo`, with what `subprocess.Popen` offers of waiting and signals.

    Args:
        args: What follows `tpo`.
        cwd: Its folder.
        env: All variables that it is to see.
        stdout: A file for what it prints, or `subprocess.PIPE`; default: nowhere.
        stderr: The same for what it says, or `subprocess.STDOUT`.
    """

    def __init__(
        self,
        args: Sequence[str],
        *,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        stdout: IO[bytes] | int = subprocess.DEVNULL,
        stderr: IO[bytes] | int = subprocess.DEVNULL,
    ) -> None:
        self.args = list(args)
        self.returncode: int | None = None
        ours, theirs = socket.socketpair()
        with theirs, Path(os.devnull).open("r+b") as nowhere:
            self.stdout = _file(stdout, nowhere)
            self.stderr = self.stdout if stderr == subprocess.STDOUT else _file(stderr, nowhere)
            files = [f.fileno() for f in (nowhere, self.stdout, self.stderr, theirs)]
            socket.send_fds(_waiting(), [b"+"], files)
        given = dict(os.environ) if env is None else env
        folder = str(cwd or Path.cwd())
        ours.sendall(json.dumps([self.args, folder, {**ALWAYS, **given}]).encode() + b"\n")
        self._ours = ours
        self.pid = int(ours.recv(WIDTH, socket.MSG_WAITALL))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()

    def poll(self) -> int | None:
        """Return the exit code, or None while it lives."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, `timeout` seconds at most, and return the exit code."""
        if self.returncode is None:
            self._ours.settimeout(timeout)
            try:
                code = int(self._ours.recv(WIDTH, socket.MSG_WAITALL))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from None
            self._ours.close()
            self.returncode = code
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Wait for its end; return what it has written to the files that were made for it."""
        self.wait(timeout)
        return _read(self.stdout), _read(self.stderr)

    def send_signal(self, sent: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sent)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _file(wanted: IO[bytes] | int, nowhere: IO[bytes]) -> IO[bytes]:
    """Return a file for what a process writes; in place of a pipe one that never fills."""
    if not isinstance(wanted, int):
        return wanted
    return nowhere if wanted == subprocess.DEVNULL else tempfile.TemporaryFile()


def _read(file: IO[bytes]) -> bytes:
    if file.closed:
        return b""
    with file:
        file.seek(0)
        return file.read()


@functools.cache
def _waiting() -> socket.socket:
    """Return the way to the process that has imported everything; the last that asks it ends it.

    All processes of one run of the tests (`make test`) share it: the first one starts it.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
    path = Path(tempfile.gettempdir()) / f"tpo-{run[:16]}.sock"
    with WAITING.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = _way(path)
        if found is None:
            _start(path)
            found = _way(path)
    assert found is not None, "what starts `tpo` has ended"
    atexit.register(found.close)
    return found


def _way(path: Path) -> socket.socket | None:
    """Return a connection to what listens there, if anything does."""
    way = socket.socket(socket.AF_UNIX)
    try:
        way.connect(str(path))
    except OSError:
        way.close()
        path.unlink(missing_ok=True)
        return None
    return way


def _start(path: Path) -> None:
    """Start the process; it has ended, and left another behind, once that one listens."""
    with tempfile.TemporaryFile() as log:
        done = subprocess.run(
            [sys.executable, "-P", WAITING, path],
            env={**clean_environment(), **ALWAYS},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for those that it starts
            timeout=2 * PATIENCE,
            check=False,
        )
        log.seek(0)
        assert done.returncode == 0, f"what starts `tpo` did not:\n{log.read().decode()[-4000:]}"
