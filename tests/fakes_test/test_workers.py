"""Several processes: what shares a server or a module stays on one of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from workers import shared_by

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("test", "shared"),
    [
        ("tests/server/test_runs.py::test_one", "server"),
        ("tests/serving/test_limits.py::test_any_spec", "serving"),
        ("tests/serving/test_restart.py::test_a_run_goes_on", "tests/serving/test_restart.py"),
        ("tests/page/test_run.py::test_a_full_run[dev]", "page on dev"),
        ("tests/page/test_looks.py::test_every_width_in_both_lights[serve-dark]", "page on serve"),
        ("tests/page/test_prefix.py::test_a_run[serve-prefixed]", "page on serve-prefixed"),
        ("tests/page/test_javascript.py::test_it_passes[x]", "tests/page/test_javascript.py"),
        ("tests/rewards/test_hf_runs.py::test_one", "torch"),
        ("tests/models/test_huggingface_chat.py::test_one", "torch"),
        ("tests/core/test_pool.py::test_one", "tests/core/test_pool.py"),
    ],
)
def test_what_a_test_shares(test, shared):
    assert shared_by(test) == shared


def test_a_module_stays_on_one_process():
    """By the interface of pytest-xdist that an upgrade might change without a word."""
    files = ["tests/core/test_pool.py", "tests/core/test_stopping.py"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-v", "-n", "2", "-p", "no:cacheprovider", *files],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = defaultdict(set)
    for process, file in re.findall(r"\[(gw\d)\].* PASSED (tests/[\w/]+\.py)::", done.stdout):
        seen[file].add(process)
    assert {file: len(processes) for file, processes in seen.items()} == dict.fromkeys(files, 1)
    assert len(set.union(*seen.values())) == 2
