"""The command, run in this process with its streams captured, against a loopback server."""

from __future__ import annotations

import io
import json
import re
import shutil
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
def server(request: pytest.FixtureRequest) -> Iterator[LoopbackServer]:
    """A server of the test's own; those that begin with the finished run share the one it asked."""
    if "run_id" in request.fixturenames:
        yield request.getfixturevalue("finished_run").server
        return
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


@dataclass
class FinishedRun:
    """A saved run, the folder of its file, and the server that it asked."""

    id: str
    folder: Path
    server: LoopbackServer


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FinishedRun]:
    """Run 2 rounds x 3 once; every test of the module gets a copy."""
    folder, out = tmp_path_factory.mktemp("finished") / "saved", io.StringIO()
    with LoopbackServer(say) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TPO_DB", str(folder / "runs.db"))
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", io.StringIO())
        command = ("run", "Name a river", "-p", f"openai:m@{server.base_url}", "-d", "2", "-w", "3")
        assert main([*command, "--json"]) == 0
        patch.undo()
        found = json.loads(out.getvalue())["id"]
        assert re.fullmatch(r"[0-9a-f]{8}", found)
        yield FinishedRun(found, folder, server)


@pytest.fixture
def run_id(finished_run: FinishedRun, database: Path) -> str:
    """A finished run, 2 rounds x 3."""
    shutil.copytree(finished_run.folder, database.parent)
    server = finished_run.server
    server.answer, server.delay, server.script = say, 0.0, []
    return finished_run.id
