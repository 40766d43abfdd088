"""`tpo compare FILE`: arms run against a server, are compared, and go on after a stop."""

from __future__ import annotations

import json

import pytest
from loopback_server import Fault

from tpo.cli.input.typed_arms import read_arms_typed
from tpo.core.errors import InputError

pytestmark = pytest.mark.loopback


@pytest.fixture
def prompts(tmp_path):
    path = tmp_path / "prompts.jsonl"
    rows = [{"id": f"r{n}", "prompt": f"Question {n}?", "category": "rivers"} for n in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def compare(tpo, policy, prompts, tmp_path):
    def run(*args, file=prompts):
        return tpo("compare", str(file), "-o", str(tmp_path / "out"), "-p", policy, "-d", "1",
                   "-w", "2", *args)  # fmt: skip

    return run


def test_the_default_arms_are_run_and_compared(compare, server, tmp_path):
    ran = compare()
    assert ran.code == 0, ran.err
    assert "on 3 rows, at equal tokens; about 3 more rows would likely decide it." in ran.out
    assert "next: tpo batch FILE -o DIR -m " in ran.out
    assert {path.name for path in (tmp_path / "out" / "arms").iterdir()} == {
        "adaptive",
        "best_of_n",
        "tpo",
    }
    assert ran.err.count("Note: the heuristic reward is a demonstration") == 1
    said = [line for line in ran.err.splitlines() if line.endswith(":")]
    assert said == ["first:", "tpo:", "adaptive:", "best_of_n:"]
    ends = [line for line in ran.err.splitlines() if line.startswith("3 of 3 rows; ")]
    assert ["mean reward" in line for line in ends] == [False, True, True, True]
    asked = len(server.asked)
    again = compare("--json")
    assert again.code == 0, again.err
    assert len(server.asked) == asked
    assert {row["category"] for row in again.data["rows"]} == {"rivers"}
    assert "written" in again.err


def test_a_row_that_fails_alike_in_every_arm_is_told_of_once(compare, server):
    broken = Fault(400, when=lambda body: "Question 1?" in str(body), times=None)
    server.script = [broken]
    ran = compare()
    assert ran.code == 0, ran.err
    assert ran.err.count("row r1 failed: ") == 1
    assert ran.err.count(", 1 failed;") == 4


def test_arms_are_typed_with_their_settings(compare):
    ran = compare("--arm", "one:mode=policy", "--arm", "deep:depth=2,width=3", "--equal", "texts",
                  "--json", "--heldout", "heuristic", "--quiet")  # fmt: skip
    assert ran.code == 0, ran.err
    one, deep = ran.data["arms"]
    assert (one["name"], one["settings"]["mode"], one["texts"]) == ("one", "best_of_n", 1)
    assert (deep["settings"]["depth"], deep["settings"]["width"]) == (2, 3)
    assert all(arm["heldout"] is not None for arm in ran.data["arms"])
    assert ran.err.startswith("written: ")


def test_what_is_left_of_a_comparison_is_compared_again_without_a_call(compare, tpo, tmp_path):
    assert compare("--quiet").code == 0
    ran = tpo("compare", "--from", str(tmp_path / "out"), "--equal", "nothing", "--json")
    assert ran.code == 0, ran.err
    assert [arm["name"] for arm in ran.data["arms"]] == ["adaptive", "best_of_n", "tpo"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["--arm", "a:depth=3"], "two arms or more"),
        (["--arm", "a:depth", "--arm", "b"], "'depth' is not key=value"),
        (["--arm", "a:speed=3", "--arm", "b"], "arm a: "),
        (["--arm", "a:reward=nonsense:x", "--arm", "b"], "nonsense"),
        (["--heldout", "nonsense:x"], "nonsense"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_paid(compare, server, typed, says):
    ran = compare(*typed)
    assert ran.code == 2
    assert says in ran.err
    assert server.asked == []


def test_a_comma_without_a_key_belongs_to_the_value_before_it():
    assert read_arms_typed(["a:reward=mix:x*1,y*2,depth=3"]) == {
        "a": {"reward": "mix:x*1,y*2", "depth": "3"}
    }
    assert read_arms_typed(["a:max-tokens=none"]) == {"a": {"max_tokens": None}}
    assert read_arms_typed(["plain"]) == {"plain": {}}
    with pytest.raises(InputError, match="a name of its own"):
        read_arms_typed(["a:", "a:depth=2"])
