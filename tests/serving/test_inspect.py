"""inspect_ai, an evaluation framework, runs a small task on `tpo serve` with the local model."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from serve_process import ServeProcess

pytestmark = [pytest.mark.loopback, pytest.mark.embedded]

CLIENTS = os.environ.get("TPO_CLIENTS", "")
TASK = Path(__file__).parents[1] / "fakes/inspect_task.py"


@pytest.mark.skipif(not CLIENTS, reason="inspect_ai is not installed beside: make test")
def test_three_questions(tmp_path: Path):
    with ServeProcess(tmp_path, "--policy", "embedded:", cold=True) as server:  # on our processor
        done = subprocess.run(
            [CLIENTS, str(TASK), f"{server.url}/v1", str(tmp_path / "logs")],
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
            env={**os.environ, "TPO_API_KEY": "none"},
        )
        assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["status"] == "success"
    assert len(told["samples"]) == 3
    for sample in told["samples"]:
        assert sample["error"] is None
        assert sample["answer"].strip()
        assert sample["kinds"] == ["reasoning", "text"]  # the search, then the answer
    assert 0 <= told["accuracy"] <= 1
