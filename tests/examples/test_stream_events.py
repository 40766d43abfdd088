"""examples/stream_events.py: a run in the terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = "stream_events.py"


def run_as_a_reader() -> str:
    """Run it in a process of its own; warnings are errors."""
    path = Path(__file__).parents[2] / "examples" / EXAMPLE
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout


def test_offline_it_shows_a_whole_run():
    printed = run_as_a_reader().splitlines()
    lines = [line.partition(" s ")[2] for line in printed]
    assert lines[0].startswith("D1-N3 with GenericFakeChatModel: Why is the sky blue?")
    refused = "r1c1 = I would rather not. (malformed: no <improved_answer> in the reply)"
    assert refused in lines
    assert "stops: depth" in lines
    assert lines[-1].startswith("the answer after 8 requests: Air scatters blue light, whose")
    pieces = [line for line in printed if line.startswith(f"{'':8} | ")]  # a score may come between
    live = "".join(piece.partition(" | ")[2] for piece in pieces)
    assert live.startswith("Because of the ocean, which it reflects.The sky is blue.Air scatters")
    assert "I would rather not" not in live  # there is no answer in the malformed update
    texts = [line.partition(": ")[2] for line in lines if line.startswith(("the loss", "the grad"))]
    assert len(texts) == 2
    assert all(text in live for text in texts)


@pytest.mark.loopback
def test_with_a_policy_it_runs_for_real(example, server):
    spec = f"openai:x@{server.base_url}"
    done = example(EXAMPLE, "Why?", "--policy", spec)
    assert f"D1-N3 with {spec}: Why?" in done.out
    assert "not a preference model" in done.out
    assert done.out.splitlines()[-1].partition("requests: ")[2] in server.texts
