"""`tpo serve`, started for real, killed and started again on the same folder."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Self

from patience import PATIENCE
from warm_start import ALWAYS, WarmProcess, clean_environment

START_WITHIN = 2 * PATIENCE


class ServeProcess:
    """A server to be used as a context manager; it always ends.

    Args:
        folder: Where it keeps its threads and its log.
        *options: What follows `tpo serve`.
        cold: Start Python itself, as a user does, and not a fork of one that has imported all.
        **settings: Environment variables it is to see. It asks for no token, unless one says so.
    """

    def __init__(self, folder: Path, *options: str, cold: bool = False, **settings: str) -> None:
        self.folder, self.options, self.cold = folder, options, cold
        self.log = folder / "serve.log"
        self.environment = {
            **clean_environment(),
            **ALWAYS,
            "TPO_SERVE_TOKEN": "false",
            **settings,
        }
        self.port = 0
        self.process: subprocess.Popen[bytes] | WarmProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)

    def start(self) -> None:
        """Start it, on the same port as before; return when it listens."""
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = self._begin(log)
        end = time.monotonic() + START_WITHIN
        while time.monotonic() < end and self.process.poll() is None:
            said = self.log.read_bytes()[begin:].decode(errors="replace")
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/app/", said):
                self.port = int(found[1])
                return
            time.sleep(0.02)
        raise AssertionError(f"tpo serve did not start:\n{self.log.read_text()[-4000:]}")

    def _begin(self, log: IO[bytes]) -> subprocess.Popen[bytes] | WarmProcess:
        own = ["--data", str(self.folder / "data"), "--port", str(self.port)]
        command = ["serve", *own, *self.options]
        if not self.cold:
            files = {"stdout": log, "stderr": log}
            return WarmProcess(command, cwd=self.folder, env=self.environment, **files)
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "tpo.cli.app", *command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code; a second call does nothing."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not end:\n{self.log.read_text()[-4000:]}") from None
        self.process = None
        return code
