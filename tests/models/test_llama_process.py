"""Starting and ending the child process, with small scripts in its place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tpo.core.errors import MissingDependencyError, PolicyError
from tpo.models.local import llama_process
from tpo.models.local.llama_process import LlamaProcess, end_process, start_process

LISTENS = """
import json, sys
wanted = json.loads(sys.stdin.readline())
print(json.dumps({"base_url": wanted["key"], "context_tokens": wanted["slots"]}), flush=True)
"""

Start = Callable[[str], LlamaProcess]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start a script in the place of the real child."""

    def start(script: str) -> LlamaProcess:
        child = tmp_path / "child.py"
        child.write_text(script, encoding="utf-8")
        monkeypatch.setattr(llama_process, "_CHILD", child)
        return start_process(Path("m.gguf"), alias="a", key="k", slots=3, context_tokens=9)

    return start


def test_it_is_told_what_to_serve_and_ends_with_its_stdin(start):
    started = start(LISTENS + "sys.stdin.read()")
    assert (started.base_url, started.context_tokens) == ("k", 3)
    assert started.process.poll() is None
    end_process(started.process)
    assert started.process.returncode == 0


def test_one_that_does_not_end_is_killed(start, monkeypatch):
    monkeypatch.setattr(llama_process, "_SECONDS_TO_END", 0.1)
    started = start(LISTENS + "import time; time.sleep(60)")
    end_process(started.process)
    assert started.process.returncode < 0


def test_the_key_is_not_among_its_arguments_or_its_environment(start):
    visible = "str([sys.argv, dict(__import__('os').environ)])"
    started = start(LISTENS.replace('wanted["key"]', visible))
    end_process(started.process)
    assert "child.py" in started.base_url
    assert "'k'" not in started.base_url


@pytest.mark.parametrize(("policy", "expected"), [(None, "10000"), ("passive", "unset")])
def test_spinning_is_bounded_unless_the_user_decides(start, monkeypatch, policy, expected):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if policy:
        monkeypatch.setenv("OMP_WAIT_POLICY", policy)
    spins = "__import__('os').environ.get('GOMP_SPINCOUNT', 'unset')"
    started = start(LISTENS.replace('wanted["key"]', spins))
    end_process(started.process)
    assert started.base_url == expected


def test_without_libgomp(start):
    with pytest.raises(MissingDependencyError, match="apt-get install libgomp1") as caught:
        start("raise ImportError('libgomp.so.1: cannot open shared object file')")
    assert "Traceback" not in str(caught.value)


def test_a_failed_load_shows_what_was_said(start):
    with pytest.raises(PolicyError, match=r"could not load m\.gguf.*tensor is cut off"):
        start("import sys; input(); print('tensor is cut off', file=sys.stderr); sys.exit(1)")


def test_a_silent_death_shows_its_status(start):
    with pytest.raises(PolicyError, match="exit status 3"):
        start("import os; os._exit(3)")


def test_an_interrupted_start_leaves_no_process(start, monkeypatch):
    seen = []

    def interrupt(process, _wanted):
        seen.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(llama_process, "_ask", interrupt)
    with pytest.raises(KeyboardInterrupt):
        start("import time; time.sleep(60)")
    assert seen[0].returncode is not None


def test_without_a_python_to_run(start, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(PolicyError, match="/nowhere/python"):
        start(LISTENS)
