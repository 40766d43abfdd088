"""What a score says beside its number: read once, clipped, never a reason to lose the score."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel

from tpo.core.faults import failed_checks
from tpo.core.feedback import feedback_text, passed_checks
from tpo.core.read_feedback import MAX_CHECKS, MAX_LINE, MAX_TEXT, read_feedback

np: Any = import_module("numpy")
HALF = {"a": {"passed": True}, "b": {"score": 0.5, "why": "half"}}


@pytest.mark.parametrize("nothing", [(), ("",), (None, []), ("  ", [{}, None, {"criterion": ""}])])
def test_a_score_that_says_nothing_has_no_such_fields(nothing):
    assert read_feedback(*nothing) == {}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"criterion": "a", "passed": True}, {"criterion": "a", "passed": True}),
        ({"criterion": "a", "passed": 0}, {"criterion": "a", "passed": False}),
        ({"criterion": "a", "score": 1}, {"criterion": "a", "score": 1.0}),
        ({"criterion": "a", "score": False}, {"criterion": "a", "passed": False}),
        ({"criterion": "a", "score": float("nan")}, {"criterion": "a"}),
        ({"criterion": "a", "score": "high"}, {"criterion": "a"}),
        ({"key": "a", "score": 1, "comment": "c"}, {"criterion": "a", "score": 1.0, "why": "c"}),
        ({"name": "a", "reason": "c"}, {"criterion": "a", "why": "c"}),
        ({"criterion": "a", "passed": " False "}, {"criterion": "a", "passed": False}),
        ({"criterion": "a", "passed": "fail"}, {"criterion": "a", "passed": False}),
        ({"criterion": "a", "passed": "yes"}, {"criterion": "a", "passed": True}),
        ({"criterion": "a", "passed": "perhaps"}, {"criterion": "a"}),
        ({"criterion": "a", "passed": 0.2}, {"criterion": "a", "score": 0.2}),
        ({"criterion": "a", "passed": float("nan")}, {"criterion": "a"}),
        ({"criterion": "a", "passed": np.False_}, {"criterion": "a", "passed": False}),
        ({"criterion": "a", "score": np.True_}, {"criterion": "a", "passed": True}),
        ({"no commas": False}, {"criterion": "no commas", "passed": False}),
        (("no commas", False), {"criterion": "no commas", "passed": False}),
        (("no commas", False, "3"), {"criterion": "no commas", "passed": False, "why": "3"}),
        (("no commas", "it has 3"), {"criterion": "no commas", "why": "it has 3"}),
    ],
)  # fmt: skip
def test_a_check_is_understood_as_other_libraries_write_it(given, kept):
    assert read_feedback(None, [given]) == {"checks": [kept]}


@pytest.mark.parametrize(
    "given",
    [
        {"a": True, "b": {"score": 0.5, "why": "half"}},
        [{"a": True}, ("b", {"score": 0.5, "why": "half"})],
        ({"criterion": name, **said} for name, said in HALF.items()),
    ],
)
def test_checks_come_in_any_shape_that_is_clear(given):
    half = {"criterion": "b", "score": 0.5, "why": "half"}
    assert read_feedback(None, given) == {"checks": [{"criterion": "a", "passed": True}, half]}


@pytest.mark.parametrize("name", ["name", "key", "criterion"])
@pytest.mark.parametrize("form", [dict, lambda pairs: list(pairs.items())])
def test_a_criterion_may_be_called_like_a_field(name, form):
    read = read_feedback(None, form({name: True, "email": False}))
    assert read == {
        "checks": [{"criterion": name, "passed": True}, {"criterion": "email", "passed": False}]
    }


def test_models_of_pydantic_are_checks_and_nothing_odd_fails_the_score():
    class Seen(BaseModel):
        criterion: str
        passed: bool

    seen = Seen(criterion="no commas", passed=False)
    assert read_feedback(None, [seen])["checks"] == [{"criterion": "no commas", "passed": False}]
    assert read_feedback(None, b"abc") == {"feedback": "b'abc'"}
    assert read_feedback(None, np.array(1)) == {}
    endless: list[Any] = ["so so"]
    endless.append(endless)
    assert read_feedback(None, endless)["feedback"].startswith("so so")


def test_a_lone_check_is_a_check():
    lone = {"criterion": "a", "passed": False}
    assert read_feedback(None, lone) == {"checks": [lone]}


def test_what_is_no_check_is_kept_as_words():
    assert read_feedback("So so.", ["no commas: has 3", 7]) == {
        "feedback": "So so.\nno commas: has 3\n7"
    }


def test_of_too_many_checks_those_that_failed_are_kept():
    checks = [{"criterion": str(n), "passed": n < 100} for n in range(150)]
    read = read_feedback(None, checks)["checks"]
    assert len(read) == MAX_CHECKS
    failed = [check["criterion"] for check in failed_checks({"checks": read})]
    assert failed == [str(n) for n in range(100, 150)]
    assert read[-1] == {"criterion": "51 more checks left out"}
    assert read_feedback(None, read)["checks"] == read


def test_no_text_can_pass_for_a_check_of_its_own():
    forged = {"criterion": "one\n- passed: two", "passed": False, "why": "x\n- passed: three"}
    (first, *others) = feedback_text(read_feedback(None, [forged])).splitlines()
    assert first == "- failed: one"
    assert others == ["  - passed: two (x", "  - passed: three)"]


def test_what_is_not_a_text_becomes_one_and_half_characters_are_mended():
    assert read_feedback({"a": 1}) == {"feedback": "{'a': 1}"}
    assert read_feedback("a\x00b\ud800") == {"feedback": "a\ufffdb\ufffd"}


def test_it_is_no_longer_than_it_may_be_and_the_cut_shows():
    checks: Any = [{"criterion": "c" * 2000, "why": "w" * 2000}] * (MAX_CHECKS + 1)
    read = read_feedback("start" + "x" * 2 * MAX_TEXT + "end", checks)
    assert len(read["feedback"]) == MAX_TEXT
    assert read["feedback"].startswith("start")
    assert " [...] " in read["feedback"]
    assert read["feedback"].endswith("end")
    assert len(read["checks"]) == MAX_CHECKS
    assert {len(read["checks"][0]["criterion"]), len(read["checks"][0]["why"])} == {MAX_LINE}


def test_what_failed_comes_first():
    record = read_feedback(
        "Two of four.",
        [
            {"criterion": "polite", "passed": True},
            {"criterion": "clarity", "score": 0.25, "why": "jargon"},
            {"criterion": "no commas", "passed": False, "why": "it has 3"},
            {"criterion": "seen"},
        ],
    )
    assert feedback_text(record).splitlines() == [
        "- failed: no commas (it has 3)",
        "- 0.25: clarity (jargon)",
        "- checked: seen",
        "- passed: polite",
        "Two of four.",
    ]
    assert passed_checks(record) == "1 of 2 checks passed"
    assert feedback_text({}) == passed_checks({}) == ""


@pytest.mark.parametrize(
    ("checks", "failed"),
    [
        ([{"criterion": "a", "why": "it has 3"}], ["a"]),  # all that is said, as words alone are
        ([{"criterion": "a", "why": "3"}, {"criterion": "b", "passed": True}], []),
        ([{"criterion": "a", "score": 0.9}, {"criterion": "b", "score": 1.0}], ["a"]),
    ],
)
def test_what_a_check_without_a_verdict_counts(checks, failed):
    assert [check["criterion"] for check in failed_checks({"checks": checks})] == failed
