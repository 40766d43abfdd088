"""Ratings from wins: finite, exact in their symmetries, and really the most likely ones."""

from __future__ import annotations

import math
import random

import pytest

from tpo.rewards.judging.bradley_terry import ratings


def table(count: int, seed: int = 0, *, played: float = 1.0) -> list[list[float]]:
    """Return wins of two games for each pair, ties and doubts among them."""
    source = random.Random(seed)
    wins = [[0.0] * count for _ in range(count)]
    for i in range(count):
        for j in range(i):
            if source.random() < played:
                wins[i][j] = source.choice([0.0, 0.5, 1.0, 2.0, 2 * source.random()])
                wins[j][i] = 2.0 - wins[i][j]
    return wins


def slope(wins: list[list[float]], rated: list[float]) -> float:
    """Return the steepest rise of the likelihood; 0 at its top."""
    count = range(len(wins))

    def chance(x: float) -> float:
        return 1.0 / (1.0 + math.exp(-x))

    return max(
        abs(
            sum(wins[i][j] - (wins[i][j] + wins[j][i]) * chance(rated[i] - rated[j]) for j in count)
            + 0.5
            - chance(rated[i])
        )
        for i in count
    )


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
def test_all_ties_are_all_equal(count):
    wins = [[float(i != j) for j in range(count)] for i in range(count)]
    assert ratings(wins) == [0.0] * count


def test_nothing_to_rate():
    assert ratings([]) == []


def test_a_circle_is_a_tie():
    assert ratings([[0, 2, 0], [0, 0, 2], [2, 0, 0]]) == [0.0, 0.0, 0.0]


def test_equal_records_get_equal_ratings_to_the_last_bit():
    # a and b tie, both beat c once and lose once; d loses all
    wins = [[0, 1, 1, 2], [1, 0, 1, 2], [1, 1, 0, 2], [0, 0, 0, 0]]
    a, b, c, d = ratings([[float(w) for w in row] for row in wins])
    assert a == b == c > d


@pytest.mark.parametrize("seed", range(30))
def test_the_order_of_the_answers_changes_no_bit(seed):
    count = 2 + seed % 9
    wins = table(count, seed, played=0.8)
    order = list(range(count))
    random.Random(seed).shuffle(order)
    shuffled = ratings([[wins[i][j] for j in order] for i in order])
    rated = ratings(wins)
    assert shuffled == [rated[i] for i in order]


@pytest.mark.parametrize("seed", range(30))
def test_they_are_the_most_likely_ones(seed):
    wins = table(2 + seed % 11, seed, played=0.8)
    assert slope(wins, ratings(wins)) < 1e-7


@pytest.mark.parametrize("count", [2, 5, 20, 65])
def test_a_clear_order_and_a_sweep_are_finite_and_in_order(count):
    chain = [[2.0 * (i < j) for j in range(count)] for i in range(count)]
    rated = ratings(chain)
    assert all(math.isfinite(r) for r in rated)
    assert rated == sorted(rated, reverse=True)
    assert len(set(rated)) == count
    assert slope(chain, rated) < 1e-7
    assert rated == [-r for r in reversed(rated)]  # turned around it is the same order
    sweep = [[2.0 * (i == 0) if 0 in (i, j) else 1.0 for j in range(count)] for i in range(count)]
    best, *rest = ratings([[w * (i != j) for j, w in enumerate(r)] for i, r in enumerate(sweep)])
    assert best > rest[0]
    assert rest == [rest[0]] * len(rest)


def test_more_wins_never_rate_lower():
    before = ratings([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    after = ratings([[0.0, 1.5, 1.0], [0.5, 0.0, 1.0], [1.0, 1.0, 0.0]])
    assert after[0] > before[0] > after[1]
