"""examples/stream_events.py, run as a reader would run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "stream_events.py"


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE), *options],
        check=False,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_offline_it_shows_a_whole_run():
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.partition(" s ")[2] for line in done.stdout.splitlines()]
    assert lines[0].startswith("D1-N3 with GenericFakeChatModel: Why is the sky blue?")
    refused = "r1c1 = I would rather not. (malformed: no <improved_answer> in the reply)"
    assert refused in lines
    assert "stops: depth" in lines
    assert lines[-1].startswith("the answer after 8 requests: Air scatters blue light, whose")
    live = [line for line in done.stdout.splitlines() if line.startswith(f"{'':8} | ")]
    assert len(live) == 7  # each of the eight requests but the malformed update
    assert live[0].endswith("| Because of the ocean, which it reflects.")


@pytest.mark.loopback
def test_with_a_policy_it_runs_for_real(server):
    spec = f"openai:x@{server.base_url}"
    done = run("Why?", "--policy", spec, "--width", "2", TPO_POLICY_API_KEY=server.api_key)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"D1-N2 with {spec}: Why?" in done.stdout
    assert "not a preference model" in done.stdout
    assert done.stdout.splitlines()[-1].partition("requests: ")[2] in server.texts


def test_a_wrong_policy_gets_one_sentence():
    done = run("--policy", "nope")
    assert done.returncode == 1
    assert done.stderr.startswith("unknown policy 'nope'. Valid forms: ")
    assert len(done.stderr.splitlines()) == 1
