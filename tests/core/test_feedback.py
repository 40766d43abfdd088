"""What a score says beside its number: read once, clipped, never a reason to lose the score."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.feedback import (
    MAX_CHECKS,
    MAX_LINE,
    MAX_TEXT,
    feedback_text,
    passed_checks,
    read_feedback,
)


@pytest.mark.parametrize("nothing", [(), ("",), (None, []), ("  ", [{}, 3, {"criterion": ""}])])
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
    ],
)  # fmt: skip
def test_a_check_is_understood_as_other_libraries_write_it(given, kept):
    assert read_feedback(None, [given]) == {"checks": [kept]}


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
