"""Examples are run as scripts, in this process: starting Python for each takes much longer."""

from __future__ import annotations

import io
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from billing_server import BillingServer, varied

EXAMPLES = Path(__file__).parents[2] / "examples"
KEY = "sk-loopback-1234567890"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BillingServer]:
    """A server that wants a key, which the policy spec finds in the environment."""
    monkeypatch.setenv("TPO_POLICY_API_KEY", KEY)
    with BillingServer(varied, api_key=KEY) as opened:
        yield opened


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what runs an example, and returns how it ended and what it printed."""
    monkeypatch.syspath_prepend(str(EXAMPLES))

    def run(name: str, *options: str, typed: str = "") -> SimpleNamespace:
        monkeypatch.setattr(sys, "argv", [name, *options])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        said, code = "", 0
        try:
            runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        except SystemExit as stop:  # with a text, Python prints it and the code is 1
            said, code = (stop.code, 1) if isinstance(stop.code, str) else ("", stop.code)
        captured = capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err + said)

    return run
