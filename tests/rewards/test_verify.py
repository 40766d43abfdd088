"""Checks by program: exact text, JSON schema, mathematics, and functions that are allowed."""

from __future__ import annotations

import json
import signal
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from steps import run, says

from tpo.core.errors import ConfigError, MissingDependencyError, RewardError, SpecError
from tpo.rewards.base import Reward, checked
from tpo.rewards.planned_reward import Job
from tpo.rewards.verifying import mathematics
from tpo.rewards.verifying.mathematics import MathReward
from tpo.rewards.verifying.verify import ALLOWED, verifier_from_spec

MESSAGES = [HumanMessage("q")]
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}


async def check(reward: Reward, *answers: str) -> list[Any]:
    scores = await checked(reward, MESSAGES, answers)
    return [s["error"] if s["reward"] is None else s["reward"] for s in scores]


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA), encoding="utf-8")
    return path


async def test_exact():
    reward = verifier_from_spec("exact:four: 4")
    assert reward.name == "verify:exact#19db36ab"
    assert await check(reward, "four: 4", " four: 4\n", "Four: 4", "four") == [1, 1, 0, 0]


async def test_json(schema):
    pytest.importorskip("jsonschema")
    reward = verifier_from_spec(f"json:{schema}")
    passes = ['{"n": 1}', ' {"n": 1}\n', '```json\n{"n": 1}\n```', '```\n{"n": 1}\n```']
    assert await check(reward, *passes) == [1.0] * 4
    fails = ['{"n": "1"}', "{}", '{"n": 1, "m": 2}', '{"n": 1', "n: 1", "", '```json\n{"n": 1']
    assert await check(reward, *fails[:6]) == [0.0] * 6
    for text in ('{"n": NaN}', '{"n": 1e400}', "[" * 100_000):
        assert await check(reward, text) == [0.0]


def test_a_wrong_schema_is_told_before_anything_is_paid(tmp_path):
    pytest.importorskip("jsonschema")
    path = tmp_path / "schema.json"
    with pytest.raises(ConfigError, match=r"schema\.json cannot be read: FileNotFound.*; give"):
        verifier_from_spec(f"json:{path}")
    for text, said in [
        ("{", "cannot be read: JSONDecodeError"),
        ("[]", "is not an object"),
        ('{"type": "oject"}', r"is not a valid JSON schema: \$\.type: 'oject' is not valid"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=said):
            verifier_from_spec(f"json:{path}")


# --- mathematics ------------------------------------------------------------


@pytest.fixture
def _mathematics() -> None:
    pytest.importorskip("math_verify")


@pytest.mark.usefixtures("_mathematics")
async def test_math():
    half = verifier_from_spec("math:1/2")
    assert half.name == "verify:math#d939926f"
    answers = [r"It is $\frac{1}{2}$.", "0.5", r"so \boxed{0.50}", "$0.51$", "no number", ""]
    assert await check(half, *answers) == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert await check(verifier_from_spec("math:x+1"), "$1+x$", "$x+2$") == [1.0, 0.0]
    assert await check(verifier_from_spec(r"math:\frac{1}{2}"), "0.5") == [1.0]
    assert await check(verifier_from_spec("math:$2$"), "2") == [1.0]


@pytest.mark.usefixtures("_mathematics")
async def test_an_expression_without_end_fails_that_answer_only(monkeypatch):
    reward = MathReward("1", seconds=1.5)
    monkeypatch.setattr(mathematics, "START_SECONDS", 60.0)
    first, endless, last = await check(reward, "1", "$9^{9^{9^{9}}}$", "$2$")
    assert (first, last) == (1.0, 0.0)
    assert endless == "its expression was not compared within 1.5 s"


@pytest.mark.usefixtures("_mathematics")
async def test_an_expected_expression_that_cannot_be_read_is_no_score():
    (said,) = await check(MathReward(""), "1")
    assert said.startswith("the expected expression cannot be read: give a number or an expr")


@pytest.mark.usefixtures("_mathematics")
@pytest.mark.parametrize("expected", ["(((", "plain words", "yes", "x+", r"\frac{1}{"])
def test_what_cannot_be_read_is_refused_before_anything_is_paid(expected):
    model = says()
    for reward in (f"verify:math:{expected}", f"cached:verify:math:{expected}"):
        with pytest.raises(ConfigError, match=r"#[0-9a-f]{8}: the expected expression cannot be"):
            run(model, reward)
    assert model.asked == []


@pytest.mark.usefixtures("_mathematics")
@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        (
            "1+x^2",
            ["1+x^2", "(x^2+1)", "x**2 + 1.", "$x^2+1$", "So:\nThe answer is x^2 + 1."],
            ["1"],
        ),
        ("1", ["1", "It is 1.", "x = 1", "2-1=1", "1 apple"], ["1+x^2", "1e400", "1 1/2"]),
        ("1e400", ["1e400", "10^{400}", "It is 1e400."], ["1", "400", "1e399"]),
        ("1.5e-3", ["0.0015", "$1.5e-3$", "about 1.5E-3 of it", "3/2000"], ["1.5", "-3"]),
        ("2 sqrt(3)", [r"$2\sqrt{3}$", "2*sqrt(3)", "Answer: 2 sqrt(3)"], ["2", "3"]),
        ("1 1/2", ["1.5", "3/2", "1 1/2", "It is 1 1/2."], ["1", "1/2"]),
        ("x**-1", ["1/x", "x^-1", "$x^{-1}$"], ["x", "1"]),
        ("sin(2pi)", ["sin(2pi)", r"$\sin(2\pi)$"], ["2"]),
        ("2(3)", ["6", "2(3)"], ["5"]),
        ("10 dollars", ["10", "$10", "10 dollars"], ["dollars", "1"]),
        ("(1,2)", ["(1,2)", r"$(1, 2)$"], ["[1,2]", "2"]),
        ("x=3", ["x=3", "3", "x is 3"], ["x"]),
        ("1 000", ["1000", "1,000", "1 000"], ["0", "1"]),
        ("12", ["x^2 = 144, x = 12", "x=3, y=12", "12!", "12 (a)"], ["12+x", "13!"]),
        (r"A \cup B", [r"$\boxed{A \cup B}$"], ["A"]),
        ("5", ["a) 5", "(a) 5", "1. 5", "x is 5", "So 5", "- 5", "2+3=5", "5."], ["5x", "(5, 6)"]),
    ],
)
async def test_plain_expressions_are_read_whole(expected, right, wrong):
    reward = MathReward(expected)
    await reward.ready(Job([], []))
    assert await check(reward, *right, *wrong) == [1.0] * len(right) + [0.0] * len(wrong)


async def test_a_process_that_dies_says_why(tmp_path, monkeypatch):
    broken = tmp_path / "child.py"
    broken.write_text("raise SystemExit('no algebra here')", encoding="utf-8")
    monkeypatch.setattr(mathematics, "CHILD", broken)
    with pytest.raises(RewardError, match="comparing mathematics failed: no algebra here"):
        await MathReward("1").score(MESSAGES, ["1"])


@pytest.mark.usefixtures("_mathematics")
def test_math_in_a_run_outside_the_main_thread():
    policy = says(sample=lambda k: f"${k}$", update="<improved_answer>$5/1$</improved_answer>")
    result = run(policy, "verify:math:5", depth=1, width=2)
    assert [c["reward"] for c in result["candidates"]] == [0.0, 0.0, 1.0, 1.0]
    assert (result["answer"], result["reward"]) == ("$5/1$", 1.0)
    policy = says(sample=lambda k: f"${k + 4}$")
    assert run(policy, "verify:math:5", depth=0, width=2)["answer"] == "$5$"


# --- own functions ----------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    text = "def short(query, answer):\n    return -len(answer)\nlimit = 3\nimported = True\n"
    (tmp_path / "own_verifiers.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_verifiers", raising=False)
    return "own_verifiers:short"


async def test_a_function_that_is_listed(own, monkeypatch):
    monkeypatch.setenv(ALLOWED, f"other:thing, {own}")
    reward = verifier_from_spec(own)
    assert reward.name == f"verify:{own}"
    assert await check(reward, "four") == [-4.0]


async def test_an_object_that_is_listed_takes_a_batch(own, monkeypatch, tmp_path):
    text = """
class Batch:
    name, batch_size, notice = "mine", None, ""
    asked = []

    async def score(self, messages, answers):
        self.asked.append(list(answers))
        return [{"reward": float(len(a)), "error": None} for a in answers]

batch = Batch()
"""
    (tmp_path / "own_verifiers.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv(ALLOWED, "own_verifiers:batch,own_verifiers:Batch")
    reward = verifier_from_spec("own_verifiers:batch")
    assert await check(reward, "four", "a") == [4.0, 1.0]
    assert (reward.name, reward.asked) == ("mine", [["four", "a"]])
    with pytest.raises(ConfigError, match="Batch is a class: give an instance"):
        verifier_from_spec("own_verifiers:Batch")


@pytest.mark.parametrize("allowed", [None, "", "own_verifiers", "own_verifiers:shor", "*"])
def test_a_function_that_is_not_listed_is_not_even_imported(own, allowed, monkeypatch):
    if allowed is not None:
        monkeypatch.setenv(ALLOWED, allowed)
    with pytest.raises(SpecError) as caught:
        verifier_from_spec(own)
    assert str(caught.value) == (
        f"verifier {own} is not allowed: list it in the environment, {ALLOWED}={own}, "
        "or pass the function itself as the reward"
    )
    assert "own_verifiers" not in sys.modules


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("own_verifiers:long", "own_verifiers:long is not there: AttributeError: "),
        ("no_such_module:f", "no_such_module:f is not there: ModuleNotFoundError: "),
        ("own_verifiers:limit", r"own_verifiers:limit is not a function \(query, answer\)"),
    ],
)
def test_what_is_listed_but_no_function(own, spec, said, monkeypatch):
    monkeypatch.setenv(ALLOWED, spec)
    with pytest.raises(SpecError, match=said):
        verifier_from_spec(spec)


@pytest.mark.parametrize("line", ["raise SystemExit(2)", "1 / 0", "raise KeyboardInterrupt", "def"])
def test_a_module_that_fails_as_it_is_imported(line, monkeypatch, tmp_path):
    name = f"failing_verifier_{zlib.crc32(line.encode())}"
    (tmp_path / f"{name}.py").write_text(line, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(ALLOWED, f"{name}:f")
    monkeypatch.setattr(signal, "getsignal", lambda number: None)  # no person's Ctrl-C
    with pytest.raises(SpecError, match=f"verifier {name}:f failed: "):
        verifier_from_spec(f"{name}:f")


@pytest.mark.parametrize("rest", ["", "exact", "exact:", "json:", "math", "os"])
def test_a_malformed_spec_lists_the_forms(rest):
    with pytest.raises(SpecError) as caught:
        verifier_from_spec(rest)
    assert str(caught.value) == (
        f"unknown verifier 'verify:{rest}'. Valid forms: verify:exact:TEXT, "
        "verify:json:SCHEMA_FILE, verify:math:EXPRESSION, verify:MODULE:NAME, "
        "verify:command:COMMAND"
    )


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("math:1", "comparing mathematics needs math-verify: pip install 'tpo[verify]'"),
    ],
)
def test_a_missing_package_is_told_with_what_to_type(rest, said, monkeypatch):
    monkeypatch.setattr("tpo.rewards.verifying.verify.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError) as caught:
        verifier_from_spec(rest)
    assert str(caught.value) == said
