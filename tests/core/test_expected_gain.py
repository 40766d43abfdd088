"""The statistics of a round's plan, against numbers that are known."""

from __future__ import annotations

from math import prod

import pytest

from tpo.core.planning.best_of_normal import best_beyond
from tpo.core.planning.expected_gain import (
    STEPS,
    Guess,
    after,
    all_miss,
    beyond,
    improvement,
    learn,
    mixture,
    stays_below,
)

NORMAL = Guess(1.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize(("texts", "expected"), [(1, 0.0), (5, 1.163), (19, 1.844), (61, 2.325)])
def test_the_best_of_some_normal_texts_lies_where_tables_say(texts, expected):
    assert best_beyond(texts) - 6 == pytest.approx(expected, abs=0.01)
    assert best_beyond(texts, -9.0) - 9 == pytest.approx(expected, abs=0.01)
    assert best_beyond(texts, 9.0) == 0.0


def test_the_gain_of_a_round_is_the_same_by_either_integral():
    guess = Guess(1.0, -1.0, 0.0, 0.8)
    assert improvement(stays_below([guess], [5], 1.0)[5]) == pytest.approx(
        beyond(guess, 5), abs=0.02
    )


def test_no_texts_gain_nothing_and_some_that_cannot_be_used_gain_less():
    assert stays_below([NORMAL], [0], 1.0) == {0: [1.0] * len(STEPS)}
    assert improvement([1.0] * len(STEPS)) == 0
    half, all_of_them = (improvement(stays_below([NORMAL], [4], u)[4]) for u in (0.5, 1.0))
    assert half < all_of_them


def test_texts_of_two_unknown_moves_gain_more_than_as_many_of_one():
    unknown = [Guess(1.0, -1.0, 1.0, 0.5)]
    below = stays_below(unknown, [2, 4], 1.0)
    one, two = improvement(below[4]), improvement([b * b for b in below[2]])
    assert two > one


def test_a_guess_learns_by_bayes_rule():
    [learnt] = mixture(learn([Guess(1.0, 0.0, 1.0, 1.0)], [3.0, 3.0]))
    assert learnt.mean == pytest.approx(2.0)
    assert learnt.doubt == pytest.approx((1 / 3) ** 0.5)


def test_rewards_decide_which_guess_holds():
    guesses = [Guess(0.5, 0.0, 0.4, 0.1), Guess(0.5, 0.0, 0.4, 0.8)]
    near, far = mixture(learn(guesses, [0.01, -0.02, 0.0]))
    assert near.chance > 0.9
    assert near.chance + far.chance == pytest.approx(1.0)
    assert [g.mean for g in mixture(learn(guesses, []))] == [0.0, 0.0]


def test_equal_rewards_say_little_of_scatter_if_they_are_rounded():
    guesses = [Guess(0.5, 0.0, 0.4, 0.1), Guess(0.5, 0.0, 0.4, 0.4)]
    sure, rounded = (mixture(learn(guesses, [0.0] * 4, step))[0] for step in (0.0, 1.0))
    assert sure.chance > 0.95
    assert 0.5 < rounded.chance < 0.9
    assert [rounded.sd, sure.sd] == [0.1, 0.1]


def test_what_may_be_learnt_is_on_average_what_is_believed():
    guess = Guess(0.5, 0.2, 0.6, 1.0)
    futures = after(guess, 3)
    assert sum(f.chance for f in futures) == pytest.approx(0.5)
    assert sum(f.chance * f.mean for f in futures) == pytest.approx(0.5 * 0.2)
    assert all(f.doubt < guess.doubt for f in futures)


def test_all_miss_as_often_as_one_after_the_other_does():
    step_by_step = prod((1.8 + nth) / (1.8 + 0.2 + nth) for nth in range(5))
    assert all_miss(0.2, 1.8, 5) == pytest.approx(step_by_step)
