"""`langgraph dev`, started for real on the repository's langgraph.json, or another."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

from patience import PATIENCE
from warm_start import clean_environment

CONFIG = Path(__file__).parents[2] / "langgraph.json"
START_WITHIN, STOP_WITHIN, TRIES = 2 * PATIENCE, 15.0, 2


class DevServer:
    """A server to be used as a context manager; it always ends, with all it started.

    Args:
        folder: An empty folder, so that nothing is left in the repository.
        file: What its `.env` says.
        config: The langgraph.json; its graphs may be modules of this folder.
        **settings: Environment variables it is to see.
    """

    def __init__(
        self, folder: Path, file: str = "", config: Path = CONFIG, **settings: str
    ) -> None:
        self.folder = folder
        self.config = config
        self.file = file
        self.log = folder / "server.log"
        self.seconds_to_start = 0.0
        self.environment = {
            **clean_environment(),
            "LANGSMITH_TRACING": "false",
            "LANGGRAPH_CLI_NO_ANALYTICS": "1",
            "LANGGRAPH_NO_VERSION_CHECK": "true",
            "LANGGRAPH_STRICT_MSGPACK": "true",
            "LOG_JSON": "true",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(Path(__file__).parent),
            **settings,
        }

    def __enter__(self) -> Self:
        shutil.copy(self.config, self.folder / "langgraph.json")
        (self.folder / ".env").write_text(self.file)
        for _ in range(TRIES):  # another program may take the free port first
            began = time.monotonic()
            self._start()
            while self.process.poll() is None and time.monotonic() < began + START_WITHIN:
                if self._answers():
                    self.seconds_to_start = time.monotonic() - began
                    return self
                time.sleep(0.1)
            self._stop()
        raise AssertionError(f"langgraph dev did not start:\n{self.log.read_text()[-4000:]}")

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
        options = ["--host", "127.0.0.1", "--port", str(port), "--n-jobs-per-worker", "4"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(self.url + "/ok", timeout=PATIENCE) as r,
        ):
            return bool(json.load(r)["ok"])
        return False

    def _stop(self) -> None:
        for how in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_WITHIN)
                return

    def entries(self, start: int = 0) -> list[dict[str, Any]]:
        """Return the log's records from byte `start`; a line that is none is one without level."""
        text = self.log.read_bytes()[start:].decode(errors="replace")
        records = []
        for line in text.splitlines():
            try:
                records.append(dict(json.loads(line)))
            except ValueError:
                records.append({"event": line})
        return records
