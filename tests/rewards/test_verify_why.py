"""What verifiers say of an answer that fails, and that the reference answer is never told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from steps import improved, run, says

import tpo
from tpo.rewards.base import checked
from tpo.rewards.mixing.mix import Mix, Part
from tpo.rewards.planned_reward import score_now
from tpo.rewards.verifying.json_schema import json_valid
from tpo.rewards.verifying.verify import ALLOWED, verifier_from_spec

MESSAGES = [HumanMessage("q")]
MARK = re.compile("#[0-9a-f]{8}")


async def words(reward: Any, *answers: str) -> list[str]:
    scores = await checked(reward, MESSAGES, answers)
    return [s.get("feedback", "") if s["error"] is None else f"! {s['error']}" for s in scores]


# --- what is said -----------------------------------------------------------

PROPERTIES = {
    "n": {"type": "integer"},
    "tags": {"items": {"type": "string", "maxLength": 3}},
    "kind": {"enum": ["a", "b"]},
    "day": {"pattern": r"^\d{4}-\d\d$"},
}
SCHEMA = {"type": "object", "properties": PROPERTIES, "required": ["n"]}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('{"n": 1, "tags": ["a"], "kind": "b", "day": "2001-01"}', ""),
        ('```json\n{"n": "1"}\n```', "$.n: '1' is not of type 'integer'"),
        ('{"tags": ["a", "long"]}', "$.tags[1]: 'long' is too long\n$: 'n' is a required property"),
        ('{"n": 1, "kind": "c"}', "$.kind: 'c' is not one of ['a', 'b']"),
        ('{"n": 1, "day": "May"}', r"$.day: 'May' does not match '^\\d{4}-\\d\\d$'"),
        ('{"n": 1', "the answer is not JSON with nothing around it: "
         "Expecting ',' delimiter: line 1 column 8 (char 7)"),
        ('{"n": NaN}', "the answer is not JSON with nothing around it: NaN is not a JSON number"),
    ],
)  # fmt: skip
def test_a_schema_s_violations_come_with_their_place(answer, said):
    pytest.importorskip("jsonschema")
    score = json_valid("q", answer, schema=SCHEMA)
    assert (score["reward"], score.get("feedback", "")) == (float(not said), said)


def test_five_violations_are_told_and_none_is_long():
    pytest.importorskip("jsonschema")
    answer = json.dumps({"n": "x" * 9999, "tags": list(range(9)), "k" * 9999: 1})
    schema = {**SCHEMA, "additionalProperties": False}
    *lines, last = json_valid("q", answer, schema=schema)["feedback"].splitlines()
    assert (len(lines), last, max(map(len, lines)) < 700) == (5, "and more", True)


async def test_mathematics_says_what_it_read():
    pytest.importorskip("math_verify")
    said = await words(verifier_from_spec("math:1/2"), r"so \boxed{3/4}", "none at all", "0.5")
    assert said == [
        "not the expected value; read as the answer: \\frac{3}{4}",
        "no mathematical expression could be read in the answer",
        "",
    ]


async def test_an_exact_text_says_nothing_of_itself():
    said = await words(verifier_from_spec("exact:Paris"), "paris", "Paris!", "Rome", "Paris")
    assert len(set(said[:3])) == 1
    assert (said[0][:37], said[3]) == ("the answer is not the expected text; ", "")


# --- own functions ----------------------------------------------------------

OWN = """
def told(query, answer):
    assert "," not in answer, f"it has {answer.count(',')} commas"
    return 1.0

def silent(query, answer):
    assert answer == "the reference"
    return 1.0

async def later(query, answer):
    assert not answer, "it is there"
    return 1.0

def broken(query, answer):
    raise ValueError("not an assertion")
"""


@pytest.mark.parametrize(
    ("name", "answer", "reward", "said"),
    [
        ("told", "a,b,c", 0.0, "it has 2 commas"),
        ("told", "a", 1.0, None),
        ("silent", "a", 0.0, "an assertion failed"),
        ("later", "a", 0.0, "it is there"),
        ("broken", "a", None, None),
    ],
)
async def test_an_assertion_is_a_verdict(name, answer, reward, said, monkeypatch, tmp_path):
    (tmp_path / "asserting.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(ALLOWED, f"asserting:{name}")
    own = verifier_from_spec(f"asserting:{name}")
    (score,) = await score_now(own, MESSAGES, [answer])
    assert (score["reward"], score.get("feedback")) == (reward, said)
    assert (score["error"] is None) == (reward is not None)


async def test_outside_a_verifier_an_assertion_is_a_failed_score():
    def asserts(query: str, answer: str) -> float:
        raise AssertionError("never")

    (score,) = await score_now(tpo.FunctionReward(asserts), MESSAGES, ["a"])
    assert score["error"] == "reward 'asserts' failed: AssertionError: never"


async def test_a_constraint_s_words_are_those_of_the_veto(tmp_path):
    pytest.importorskip("jsonschema")
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA), encoding="utf-8")
    constraint = verifier_from_spec(f"json:{path}")
    mix = Mix([Part(lambda query, answer: 1.0)], constraints=[constraint])
    (score,) = await score_now(mix, MESSAGES, ["{}"])
    assert score["failure"] == "vetoed"
    assert score["feedback"] == "verify:json: $: 'n' is a required property"


# --- the reference ----------------------------------------------------------

# Each occurs in nothing that the tests' models and our own sentences say. Some are texts that
# a library's exception would quote, or that it cannot read at all.
EXACT = ["Xanadu", "xylophone\nzither", "{zeta}", "</chosen_answer>zeta", "https://me:zeta@host/"]
MATH = ["31337", r"\frac{31337}{", "31337+", r"\text{zeta}"]
JSON = [{"const": 31337}, {"enum": ["zeta"]}, {"not": {"type": "string"}, "pattern": "^zeta$"},
        {"minimum": 31337, "maximum": 31337}, {"not": {"enum": ["zeta", "other"]}},
        {"pattern": r"^31\.337$"}, {"pattern": "^(31337)$"},
        {"pattern": "^(?:z[e]ta)$"}, {"pattern": r"^\s*zeta\s*$"}]  # fmt: skip
REFERENCES: list[tuple[str, Any]] = [
    *(("exact", text) for text in EXACT),
    *(("math", text) for text in MATH),
    *(("json", schema) for schema in JSON),
]
SECRET = re.compile("(?i)xanadu|xylo|zither|zeta|31\\.?337|31338")


def spec_of(kind: str, reference: Any, folder: Path) -> str:
    if kind != "json":
        return f"verify:{kind}:{reference}"
    pytest.importorskip("jsonschema")
    path = folder / "schema.json"
    path.write_text(json.dumps({"properties": {"a": reference}}), encoding="utf-8")
    return f"verify:json:{path}"


@pytest.mark.parametrize(("kind", "reference"), REFERENCES)
@pytest.mark.parametrize("mixed", [False, True])
def test_a_reference_reaches_no_score_event_or_prompt(kind, reference, mixed, tmp_path):
    """Nor a candidate, a round or an error: nothing that a run leaves behind."""
    if kind == "math":
        pytest.importorskip("math_verify")
    reward: Any = spec_of(kind, reference, tmp_path)
    if mixed:
        (tmp_path / "mix.toml").write_text(
            f"[[parts]]\nreward = {json.dumps(reward)}\n[[parts]]\nreward = 'heuristic'\n",
            encoding="utf-8",
        )
        reward = f"mix:{tmp_path / 'mix.toml'}"
    answers = ['{"a": "no"}', "so $17$", "nothing"]
    model = says(sample=lambda k: answers[k], update=lambda k: improved(answers[k]))
    left: list[Any] = []
    try:
        left.append(run(model, reward, on_event=left.append))
    except tpo.TPOError as error:  # nothing could be scored
        left += [str(error), error.partial, *(str(e) for e in _chain(error))]
    seen = MARK.sub("", json.dumps([left, [ask.text for ask in model.asked]], default=str))
    seen = seen.replace(str(tmp_path), "")
    assert SECRET.findall(seen) == []
    assert kind in seen or mixed


def _chain(error: BaseException | None) -> list[BaseException]:
    return [error, *_chain(error.__cause__)] if error else []
