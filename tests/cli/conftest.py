"""The command, run in this process with its streams captured, against a loopback server."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from loopback_server import LoopbackServer, message_text, shaped

from tpo.cli.app import main


@dataclass
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def records(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def say(body: dict[str, Any], index: int) -> str:
    """Answer as the step that our prompts ask for; later choices are longer, so score higher."""
    last = message_text(body["messages"][-1])
    if "the changes that would make" in last:
        return "1. Name the river."
    if "Do not write a new answer" in last:
        return "The chosen answer is longer."
    later = 10 * ("improved_answer" in last)
    words = " ".join(f"word{i}" for i in range(5 + later + 3 * index))
    return shaped(body, f"The Rhine, {words}.")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(say) as running:
        yield running


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "saved" / "runs.db"
    monkeypatch.setenv("TPO_DB", str(path))
    return path


@pytest.fixture
def tpo(
    database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Return a function that runs `tpo ARGS` and captures what it prints."""

    def run(*args: str, stdin: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main(list(args))
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err, "escape codes in a pipe"
        assert "Traceback" not in err
        return Ran(code, out, err)

    return run


@pytest.fixture
def policy(server: LoopbackServer) -> str:
    return f"openai:m@{server.base_url}"


@pytest.fixture
def run_id(tpo: Callable[..., Ran], policy: str) -> str:
    """A finished run, 2 rounds x 3."""
    ran = tpo("run", "Name a river", "-p", policy, "-d", "2", "-w", "3", "--json")
    assert ran.code == 0, ran.err
    assert re.fullmatch(r"[0-9a-f]{8}", ran.data["id"])
    return ran.data["id"]
