"""`tpo doctor --prompts FILE`: a few of one's own prompts, before many are paid for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tpo.cli.doctor.prompts_check import next_line
from tpo.core.context import Context
from tpo.datasets.compare.try_out import TriedOut

pytestmark = pytest.mark.loopback


@pytest.fixture
def doctor(tpo, policy, tmp_path):
    path = tmp_path / "prompts.jsonl"
    rows = [{"id": f"r{n}", "prompt": f"Question {n}?"} for n in range(5)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def run(*args):
        return tpo("doctor", "--prompts", str(path), "-p", policy, *args)

    return run


def test_it_says_what_the_prompts_show_and_what_to_run_next(doctor):
    ran = doctor("--rows", "3")
    assert ran.code in {0, 1}, ran.err
    assert ran.out.startswith("3 prompts, answered by best-of-N and by TPO\n")
    for name in ("reward spread: ", "headroom: ", "gain: at equal tokens ", "an answer of TPO: "):
        assert name in ran.out
    verdict, line = ran.out.splitlines()[-2:]
    assert verdict.startswith(("Yes: ", "No: ", "Not on this evidence: "))
    assert line.startswith(("next: tpo batch ", "next: tpo compare "))


@pytest.mark.parametrize(
    ("low", "high", "line"), [(-0.4, -0.1, "-m best_of_n -w 19"), (0.1, 0.4, "-m tpo -w 5")]
)
def test_the_line_to_run_next_is_as_wide_as_what_was_compared(low, high, line):
    gain = {"measure": "reward", "low": low, "high": high}
    arms = [{"name": n, "settings": {"width": w}} for n, w in (("best_of_n", 19), ("tpo", 5))]
    found: Any = {"differences": [gain], "arms": arms}
    said = next_line(TriedOut(found, 1.0, 1.0), "f", Context(policy="p", reward="r"))
    assert said == f"tpo batch f -o out {line} -p p -r r"


def test_json_has_the_verdict_the_gain_and_the_record(doctor):
    ran = doctor("--rows", "2", "--json")
    assert ran.data["gain"]["measure"] == "reward"
    assert [one["name"] for one in ran.data["findings"]][:2] == ["reward spread", "headroom"]
    assert len(ran.data["comparison"]["rows"]) == 2
    assert ran.err == ""


def test_a_reward_that_never_differs_is_a_no(doctor, tmp_path, monkeypatch):
    (tmp_path / "flat_reward.py").write_text("def flat(query, answer):\n    return 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TPO_VERIFIERS", "flat_reward:flat")
    ran = doctor("-r", "verify:flat_reward:flat")
    assert "No: the reward gives all answers to a prompt the same" in ran.out
    assert ran.code == 1


def test_a_file_that_is_not_there_costs_nothing(tpo, policy, server):
    ran = tpo("doctor", "--prompts", "missing.jsonl", "-p", policy)
    assert ran.code == 2
    assert "missing.jsonl" in ran.err
    assert server.asked == []
