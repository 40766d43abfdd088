"""The kind of a failure: as it was written down; from the sentence in old records only."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tpo.core.failure import FailureKind, failure_of, legacy_failure
from tpo.core.state import merge_candidates


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_the_kind_that_was_written_down_counts_whatever_the_sentence_says(kind):
    assert failure_of({"error": "vetoed by polite", "failure": kind}) == kind


@pytest.mark.parametrize("record", [{"error": None}, {"error": None, "failure": "unscored"}])
def test_without_a_sentence_nothing_failed(record):
    assert failure_of(record) is None


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("malformed: no <improved_answer> in the reply", "malformed"),
        ("empty: the model only thought; raise max_tokens", "empty"),
        ("tool_call: the model asked for a tool instead of answering", "tool_call"),
        ("blocked: the provider withheld the answer (safety)", "blocked"),
        ("failed: openai:m: no answer within 3 s", "failed"),
        ("missing: the server returned no text at all", "missing"),
        ("budget: no request left for it", "budget"),
        ("lost: the interrupted run left no text", "lost"),
        ("unscored: ConnectionError: no route", "unscored"),
        ("unscored: vetoed by polite", "unscored"),
        ("vetoed by polite", "vetoed"),
        ("dropped by hand", "dropped"),
        ("I do not like it", "dropped"),
    ],
)
def test_a_record_without_a_kind_is_read_by_its_sentence(sentence, kind):
    assert legacy_failure(sentence) == kind
    assert failure_of({"error": sentence}) == kind


def test_another_sentence_in_the_pool_does_not_keep_the_kind_of_the_old_one():
    failed = {"turn": 1, "id": "r0c0", "round": 0, "error": "unscored: x", "failure": "unscored"}
    by_hand: Any = {"turn": 1, "id": "r0c0", "error": "dropped by hand"}
    (candidate,) = merge_candidates([], [[failed], [by_hand]])
    assert "failure" not in candidate
    assert failure_of(candidate) == "dropped"
    (text_only,) = merge_candidates([], [[failed], [{"turn": 1, "id": "r0c0", "text": "new"}]])
    assert failure_of(text_only) == "unscored"
