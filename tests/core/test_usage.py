"""The usage channel: sums by phase, one turn at a time, whatever order deltas come in."""

from __future__ import annotations

import random
from functools import reduce
from typing import Any

import pytest

from tpo.core.usage import PHASES, Cost, UsageDelta, add_costs, add_usage, cost, no_usage

NUMBERS = [name for name in Cost.__annotations__ if name != "exact"]


def deltas(seed: int, turns: int = 1, many: int = 30) -> list[UsageDelta]:
    chance = random.Random(seed)
    return [
        UsageDelta(
            turn=chance.randint(1, turns),
            phase=chance.choice(PHASES),
            cost=cost(
                requests=chance.randint(0, 3),
                output_tokens=chance.randint(0, 99),
                estimated_tokens=chance.choice([0, 7]),
                seconds=chance.randint(0, 999) / 8,
                exact=chance.random() > 0.05,
            ),
        )
        for _ in range(many)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_total_is_the_sum_of_the_phases_in_any_order(seed):
    some = deltas(seed)
    usage = reduce(add_usage, some, None)
    for name in NUMBERS:
        assert usage["total"].get(name, 0) == sum(p.get(name, 0) for p in usage["phases"].values())
        assert usage["total"].get(name, 0) == sum(d["cost"].get(name, 0) for d in some)
    assert usage["total"]["exact"] == all(d["cost"]["exact"] for d in some)
    assert reduce(add_usage, random.Random(seed).sample(some, len(some)), None) == usage


@pytest.mark.parametrize("seed", range(5))
def test_only_the_newest_turn_is_counted_in_any_order(seed):
    some = deltas(seed, turns=3)
    newest = max(d["turn"] for d in some)
    usage = reduce(add_usage, some, None)
    assert usage == reduce(add_usage, [d for d in some if d["turn"] == newest], None)
    assert usage == reduce(add_usage, random.Random(seed).sample(some, len(some)), None)


@pytest.mark.parametrize("empty", [None, {}])
def test_it_starts_from_nothing(empty):
    delta = UsageDelta(turn=1, phase="loss", cost=cost(requests=2))
    usage = add_usage(empty, delta)
    assert usage == {"turn": 1, "total": delta["cost"], "phases": {"loss": delta["cost"]}}


def test_the_reducer_does_not_change_what_it_was_given():
    before = no_usage(1)
    add_usage(before, UsageDelta(turn=1, phase="rank", cost=cost(scores=5)))
    assert before == no_usage(1)


def test_a_whole_usage_replaces_as_an_edit_by_hand_needs():
    edited: Any = no_usage(3)
    assert add_usage(reduce(add_usage, deltas(0), None), edited) == edited


def test_costs_add_up_and_one_lower_bound_makes_the_sum_one():
    some = add_costs(cost(requests=1, input_tokens=7), cost(requests=2, exact=False))
    assert (some["requests"], some["input_tokens"], some["exact"]) == (3, 7, False)
    assert add_costs(some, cost()) == some
