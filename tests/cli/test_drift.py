"""`tpo run` and `tpo show` say when a reward was gamed, and how length moved."""

from __future__ import annotations

import pytest

from tpo.core.phrases import overoptimised_sentence

pytestmark = pytest.mark.loopback
MODULE = """
def longer(query, answer):
    return len(answer)

def shorter(query, answer):
    return -len(answer)
"""


def record(nth, reward, heldout, length):
    return {
        "round": nth,
        "reward": reward,
        "heldout": heldout,
        "best_length": length,
        "ranked_by": "r",
    }


def test_the_line():
    rounds = [record(0, 1.0, 1.0, 90), record(1, 2.0, 4.0, 100), record(2, 5.0, 3.5, 1100)]
    assert overoptimised_sentence(rounds, 0.0) == (
        "Over-optimised since round 1: the reward went from 2.00 to 5.00, the held-out reward "
        "from 4.00 to 3.50, the length from 100 to 1,100 characters."
    )
    assert (
        overoptimised_sentence(rounds, 0.5)
        == overoptimised_sentence(rounds[:2], 0.0)
        == overoptimised_sentence([], 0.0)
        == ""
    )
    assert overoptimised_sentence([record(0, 1.0, None, 90), record(1, 2.0, None, 900)], 0.0) == ""


@pytest.fixture
def gamed(tpo, policy, tmp_path, monkeypatch):
    (tmp_path / "length_rewards.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TPO_VERIFIERS", "length_rewards:longer,length_rewards:shorter")
    rewards = ("-r", "verify:length_rewards:longer", "--heldout", "verify:length_rewards:shorter")

    def run(*more):
        return tpo("run", "Name a river", "-p", policy, "-d", "2", "-w", "3", *rewards, *more)

    return run


def test_the_report_of_a_gamed_run(gamed, tpo):
    ran = gamed()
    assert ran.code == 0, ran.err
    assert "Over-optimised since round 0: " in ran.err
    shown = tpo("show", ran.err.rsplit("tpo show ", 1)[1].strip()).out
    assert "Over-optimised since round 0: the reward went from " in shown
    assert "held-out" in shown


def test_a_fall_within_the_tolerance_is_none(gamed, tpo):
    ran = gamed("--guard", "stop", "--guard-tolerance", "1000")
    assert "Over-optimised" not in ran.err
    assert "all 2 rounds were run" in ran.err
    assert "Over-optimised" not in tpo("show", ran.err.rsplit("tpo show ", 1)[1].strip()).out


def test_a_guard_that_stops(gamed):
    result = gamed("--guard", "stop", "--json").data
    assert result["stop_reason"] == "overoptimised"
    chosen = result["rounds"][0]["chosen"]
    assert result["answer"] == next(c["text"] for c in result["candidates"] if c["id"] == chosen)
