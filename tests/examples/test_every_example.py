"""What holds for every file of examples/, whoever adds one."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SHARED, SERVERS = {"offline.py"}, {"stream_to_page.py"}  # these two have tests of their own
SCRIPTS = sorted({path.name for path in EXAMPLES.glob("*.py")} - SHARED - SERVERS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_runs_as_it_is(name, example):
    done = example(name)
    assert (done.code, done.err) == (0, "")
    assert "Air scatters" in done.out


@pytest.mark.loopback
@pytest.mark.parametrize("name", SCRIPTS)
def test_one_flag_makes_it_real(name, example, server):
    spec = f"openai:x@{server.base_url}"
    done = example(name, "--policy", spec)
    assert (done.code, done.err) == (0, "")
    assert any(text in done.out for text in server.texts)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_wrong_policy_gets_one_sentence(name, example):
    done = example(name, "--policy", "nope")
    assert done.code == 1
    assert done.err.startswith("unknown policy 'nope'. Valid forms: ")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_it_is_short_and_in_the_list(path):
    assert len(path.read_text().splitlines()) <= 80
    assert f"[{path.name}]" in (EXAMPLES / "README.md").read_text()
