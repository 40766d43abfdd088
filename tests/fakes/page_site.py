"""The page on a real server: `langgraph dev` or `tpo serve`, with an essayist for a model."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self

from dev_server import CONFIG, START_WITHIN, STOP_WITHIN, DevServer, clean_environment

import tpo.serving

PAGE = Path(tpo.serving.__file__).parent / "page"
APP = f"""
import mimetypes
from starlette.applications import Starlette
from starlette.staticfiles import StaticFiles
mimetypes.add_type("text/javascript", ".js")
app = Starlette()
app.mount("/app", StaticFiles(directory={str(PAGE)!r}, html=True))
"""


class DevSite(DevServer):
    """`langgraph dev`, with the page beside it where langgraph.json does not name it."""

    def _start(self) -> None:
        config = json.loads(CONFIG.read_text(encoding="utf-8"))
        if "app" not in config.get("http", {}):
            (self.folder / "page_app.py").write_text(APP, encoding="utf-8")
            config["http"] = {"app": "./page_app.py:app"}
            (self.folder / "langgraph.json").write_text(json.dumps(config), encoding="utf-8")
        super()._start()


class ServeSite:
    """`tpo serve`, as a context manager; may be killed and started again on the same port."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        self.environment = {**clean_environment(), **settings}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGTERM)

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [str(Path(sys.executable).parent / "tpo"), "serve", "--any-spec"]
        options = ["--port", str(self.port), "--data", str(self.folder / "data")]
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
        end = time.monotonic() + START_WITHIN
        while self.process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/app/") as page:
                if page.status == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"tpo serve did not start:\n{self.log.read_text()[-4000:]}")

    def stop(self, how: signal.Signals) -> None:
        """End it, politely or not."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_WITHIN)


SITES = {"dev": DevSite, "serve": ServeSite}
