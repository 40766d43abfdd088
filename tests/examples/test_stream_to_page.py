"""examples/stream_to_page.py: the page in a DOM, and what happens when it is closed."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from billing_server import BillingServer
from javascript import node
from patience import PATIENCE, wait_until

pytestmark = pytest.mark.loopback
EXAMPLE = Path(__file__).parents[2] / "examples" / "stream_to_page.py"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Any]:
    """Return what starts the example and returns its address."""
    pytest.importorskip("starlette")
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with (tmp_path / "log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, str(EXAMPLE), "--port", str(port), *options],
                    stdout=log,
                    stderr=log,
                )
            )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE)
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return f"http://127.0.0.1:{port}/"
        raise AssertionError((tmp_path / "log").read_text())

    yield start
    for process in started:
        process.terminate()
        process.wait(PATIENCE)
    assert "Traceback" not in (tmp_path / "log").read_text()


def look(url: str) -> str:
    """Open the page, ask its question, and return what it shows in the end."""
    return node("--experimental-eventsource", "--no-warnings", "page.mjs", url)


def test_the_page_shows_the_run(serve):
    url = serve()
    lines = [line.split(" | ") for line in look(url).splitlines()]
    shown = {name: (role, text) for name, role, text in lines}
    assert shown["r0c0"] == ("rejected", "Because of the ocean, which it reflects. (0.00)")
    assert shown["r1c1"][1].startswith("malformed")
    assert shown["r1c2"][0] == "chosen"
    assert shown["r0-gradient"][1].startswith("Gradient: 1. Say that blue light")
    assert [name for name in shown if name.startswith("round")] == ["round-0", "round-1"]
    assert shown[""][1].startswith("Air scatters blue light, whose waves are short")

    # What the page shows where the question is empty:
    refused = httpx.get(f"{url}events", params={"question": " "}, timeout=PATIENCE)
    assert json.loads(refused.text.removeprefix("data: "))["type"] == "failed"
    assert "the prompt is empty" in refused.text


def test_a_closed_page_pays_no_more(serve, server: BillingServer):
    server.delay = lambda body: 60.0 if "<chosen_answer>" in str(body) else 0.0
    policy = f"openai:x@{server.base_url}"
    url = serve("--policy", policy)
    with httpx.stream("GET", f"{url}events", timeout=PATIENCE) as page:
        lines = page.iter_lines()  # dropped, it would close the page
        next(line for line in lines if "tpo.round" in line)
        wait_until(lambda: server.at_work)  # the critique
    wait_until(lambda: not server.at_work)
    assert len(server.asked) == 2
    assert not server.asked[-1].finished
