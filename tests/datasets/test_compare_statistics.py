"""Differences, intervals and win rates on figures that can be worked out by hand."""

from __future__ import annotations

from random import Random

import pytest

from tpo.datasets.compare.bootstrap import Resamples, expanded_tail, percentile, students_t
from tpo.datasets.compare.differences import paired_difference
from tpo.datasets.compare.length_control import length_controlled
from tpo.datasets.compare.regression import logistic, weights_of
from tpo.datasets.compare.style_control import markdown_marks, style_controlled, style_terms
from tpo.datasets.compare.win_rates import agreed, who_wins, win_rate

NAMES = ("tpo", "best_of_n")


def queries(number: int) -> list[str]:
    return [f"q{place}" for place in range(number)]


def test_the_same_seed_gives_the_same_interval_and_it_holds_the_mean():
    values = [Random(1).gauss(1, 1) for _ in range(30)]
    one, two = (Resamples(queries(30), seed=5).interval(values) for _ in range(2))
    assert one == two
    assert one.low <= one.mean <= one.high


def test_rows_of_one_query_are_one_draw():
    values = [1.0, -1.0] * 10
    alone = Resamples(queries(20)).interval(values)
    together = Resamples([f"q{place // 2}" for place in range(20)]).interval(values)
    assert alone.high > 0.3
    assert together == (0.0, 0.0, 0.0)


def test_what_is_missing_is_left_out_and_one_query_tells_nothing():
    resamples = Resamples(queries(4))
    assert resamples.interval([2.0, None, 4.0, None]).mean == 3.0
    assert resamples.interval([2.0, None, None, None]) is None
    assert Resamples([]).interval([]) is None


def test_few_queries_widen_the_interval():
    assert students_t(23) == pytest.approx(2.0687, abs=1e-4)
    assert expanded_tail(8) < expanded_tail(24) < 0.025
    assert percentile([0.0, 1.0, 2.0], 0.25) == 0.5


@pytest.mark.parametrize("rows", [2, 3, 4, 5])
def test_a_few_rows_find_no_difference_where_there_is_none(rows):
    """Their bootstrap found one in 55 % of pairs, and in 8 % of fives."""
    chance, resamples = Random(rows), Resamples(queries(rows))
    found = [resamples.interval([chance.gauss(0, 1) for _ in range(rows)]) for _ in range(400)]
    assert sum(one.decided for one in found) <= 0.08 * 400


@pytest.mark.parametrize("rows", [2, 5])
def test_a_few_rows_that_differ_by_the_same_decide_nothing(rows):
    resamples = Resamples(queries(rows))
    found = paired_difference(NAMES, "verified", [1.0] * rows, [0.0] * rows, resamples)
    assert (found["low"], found["mean"], found["high"]) == (0.0, 1.0, 2.0)
    assert found["rows_to_decide"] == 6 - rows
    assert not resamples.interval([0.1] * rows).decided  # whose sum is rounded
    assert resamples.interval([0.0] * rows) == (0.0, 0.0, 0.0)


def test_a_difference_that_is_not_decided_says_how_many_rows_would_do():
    ours, theirs = [1.0, 0.0, 1.0, 0.0, 1.0, 0.2] * 4, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0] * 4
    found = paired_difference(NAMES, "reward", ours, theirs, Resamples(queries(24)))
    assert found["mean"] == pytest.approx(0.2)
    assert found["low"] < 0 < found["high"]
    # (2.8 * 0.93 / 0.2) ** 2 is about 170
    assert 100 < found["rows_to_decide"] < 200


def test_a_decided_one_and_a_hopeless_one_say_none():
    decided = paired_difference(NAMES, "reward", [1.0, 1.1, 0.9], [0.0] * 3, Resamples(queries(3)))
    assert decided["rows_to_decide"] is None
    apart = [1.0, -1.0] * 12
    equal = paired_difference(NAMES, "reward", apart, [0.0] * 24, Resamples(queries(24)))
    assert (equal["mean"], equal["rows_to_decide"]) == (0.0, None)
    apart[0] += 0.01
    tiny = paired_difference(NAMES, "reward", apart, [0.0] * 24, Resamples(queries(24)))
    assert tiny["rows_to_decide"] is None


def test_a_win_by_a_judge_takes_both_orders():
    assert [agreed(a, b) for a, b in [(1, 1), (1, 0), (0, 1), (0, 0), (1, 0.5), (0, 0.5)]] == [
        1.0, 0.5, 0.5, 0.0, 0.5, 0.5,
    ]  # fmt: skip
    assert [who_wins(2, 1), who_wins(1, 1), who_wins(0, 1)] == [1.0, 0.5, 0.0]


def test_a_win_rate_counts_ties_half_and_is_never_certain():
    texts = [("long answer", "short"), ("brief", "long answer")] * 4
    found = win_rate(NAMES, "reward", [1.0, 0.5, None, 0.0, 1.0, 0.5, 1.0, 1.0], texts,
                     Resamples(queries(8)))  # fmt: skip
    assert (found["wins"], found["ties"], found["losses"]) == (4, 2, 1)
    assert found["rate"] == pytest.approx(5 / 7)
    sweep = win_rate(NAMES, "judge", [1.0] * 8, texts, Resamples(queries(8)))
    assert sweep["high"] == 1.0
    assert 0.5 < sweep["low"] < 0.7


def test_the_regression_finds_the_weights_that_made_the_outcomes():
    chance = Random(2)
    terms = [[1.0, chance.gauss(0, 1)] for _ in range(4000)]
    outcomes = [float(chance.random() < logistic(0.4 + 0.8 * x)) for _, x in terms]
    assert weights_of(terms, outcomes) == pytest.approx([0.4, 0.8], abs=0.1)
    assert all(abs(w) < 15 for w in weights_of(terms, [1.0] * 4000))


def test_length_cannot_be_told_from_an_arm_that_is_always_longer():
    assert length_controlled([1.0, 0.0, 1.0], [10, 20, 30]) is None
    assert style_controlled([1.0, 0.0], [("longer", "short"), ("longer", "short")]) is None


def test_equal_lengths_leave_the_plain_rate():
    assert length_controlled([1.0, 1.0, 1.0, 0.0], [0, 0, 0, 0]) == pytest.approx(0.75, abs=0.01)


def test_a_hard_query_moves_the_rate_where_its_difficulty_is_known():
    chance = Random(3)
    hard = [chance.gauss(0, 1) for _ in range(2000)]
    lengths = [chance.gauss(0, 50) for _ in hard]
    outcomes = [float(chance.random() < logistic(1.5 * level)) for level in hard]
    assert length_controlled(outcomes, lengths, hard) == pytest.approx(0.5, abs=0.03)


def test_markdown_is_counted_outside_code_and_by_its_density():
    text = "## A\n1. one\n* two\n**b** __c__\n```\n# not a header\n- nor an item\n```"
    assert markdown_marks(text) == [1, 2, 2]
    length, *marks = style_terms("# a\n- b", "plain text here.")
    assert length < 0
    assert marks[0] > 0 < marks[1]
    assert style_terms("", "") == [0.0, 0.0, 0.0, 0.0]
    assert markdown_marks("# a\n\n  \n  - b\n" + "\n" * 50_000 + "* c") == [1, 2, 0]
