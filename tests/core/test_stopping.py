"""Each reason to stop, which comes first, and what a budget leaves."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.context import Context
from tpo.core.pool import summarise
from tpo.core.state import State
from tpo.core.stopping import requests_left, spent, why_break_off, why_stop
from tpo.core.usage import add_usage, cost

Rows = list[tuple[str, float | None, int]]
FIRST: Rows = [("a", 1.0, 0), ("b", 0.0, 0)]
SECOND: Rows = [*FIRST, ("c", 2.0, 1)]


def state(rows: Rows = FIRST, *, halt: Any = None, turn: int = 1, **paid: Any) -> State:
    pool: Any = [
        {
            "id": f"c{i}", "turn": 1, "round": nth, "index": i, "text": text,
            "reward": reward, "error": None if reward is not None else "failed: x",
        }
        for i, (text, reward, nth) in enumerate(rows)
    ]  # fmt: skip
    now = max(nth for _, _, nth in rows)
    usage = add_usage(None, {"turn": turn, "phase": "sample", "cost": cost(**paid)})
    rounds = [summarise(pool, 1, now)]
    return State(
        messages=[], turn=1, round=now, candidates=pool, rounds=rounds, usage=usage, halt=halt
    )


@pytest.mark.parametrize(
    ("reason", "at", "knobs"),
    [
        (None, state(), {}),
        (None, state(SECOND), {}),
        ("depth", state(), {"depth": 0}),
        ("depth", state(), {"mode": "best_of_n"}),
        ("depth", state(SECOND), {"depth": 1}),
        ("human", state(halt="human"), {}),
        ("critique_failed", state(halt="critique_failed"), {}),
        ("no_update", state([*FIRST, ("", None, 1)]), {}),
        ("target", state(), {"target_reward": 1.0}),
        (None, state(), {"target_reward": 1.01}),
        ("target", state([("a", -1.0, 0), ("b", -9.0, 0)]), {"target_reward": -1.0}),
        ("target", state([("a", 0.0, 0), ("b", -9.0, 0)]), {"target_reward": 0.0}),
        (None, state([("a", 1.0, 0), ("b", 1.0, 0)]), {}),  # a tie goes on
        (None, state([("a", 1.0, 0), ("a", 0.0, 0)]), {}),  # copies are revised alone
        ("spread", state([("a", 1.0, 0), ("b", 1.0, 0)]), {"min_spread": 0.0}),
        ("spread", state([("a", 1.0, 0), ("a", 0.0, 0)]), {"min_spread": 0.0}),
        ("spread", state(), {"min_spread": 1.0}),
        (None, state(), {"min_spread": 0.99}),
        (None, state([("a", 1.0, 0)]), {}),  # a pool of one is critiqued alone
        (None, state([("a", 1.0, 0), ("", None, 0)]), {}),
        (None, state([("a", 1.0, 0), ("b", 1.0, 0)]), {"mode": "revision"}),
        ("patience", state([*FIRST, ("c", 0.5, 1)]), {"patience": 1}),
        (None, state([*FIRST, ("c", 0.5, 1)]), {"patience": 2}),
        (None, state(SECOND), {"patience": 1}),
        ("patience", state([*FIRST, ("c", 1.0, 1)]), {"patience": 1}),  # a tie is no gain
        ("budget", state(requests=1), {"budget_requests": 3}),
        (None, state(requests=1), {"budget_requests": 4}),
        ("budget", state(input_tokens=6, output_tokens=4), {"budget_tokens": 10}),
        (None, state(input_tokens=5, output_tokens=4), {"budget_tokens": 10}),
        ("budget", state(seconds=1.5), {"budget_seconds": 1.5}),
        (None, state(seconds=1.4), {"budget_seconds": 1.5}),
    ],
)
def test_each_reason(reason, at, knobs):
    assert why_stop(at, Context(depth=knobs.pop("depth", 3), **knobs)) == reason


def test_the_first_reason_that_holds_is_the_one_told():
    rows: Rows = [("a", 1.0, 0), ("b", 1.0, 0)]
    every: dict[str, Any] = {
        "target_reward": 1.0, "depth": 0, "patience": 1, "budget_requests": 1, "budget_seconds": 1,
        "min_spread": 0.0,
    }  # fmt: skip
    order = []
    at = state([*rows, ("", None, 1)], halt="human", requests=9, seconds=9)
    order.append(why_stop(at, Context(**every)))
    at["halt"] = None
    order.append(why_stop(at, Context(**every)))
    order.append(why_stop(at, Context(**{**every, "budget_seconds": 0})))
    at = state([*rows, ("c", 1.0, 1)], requests=9, seconds=9)
    order.append(why_stop(at, Context(**every)))
    order.append(why_stop(at, Context(**{**every, "target_reward": None})))
    order.append(why_stop(at, Context(**{**every, "target_reward": None, "depth": 3})))
    at = state([*FIRST, ("c", 0.5, 1)], requests=9, seconds=9)
    order.append(why_stop(at, Context(**{**every, "target_reward": None, "depth": 3})))
    assert order == ["human", "budget", "no_update", "target", "depth", "spread", "patience"]


def test_what_a_budget_leaves():
    assert requests_left(state(requests=3), Context()) is None
    assert requests_left(state(requests=3), Context(budget_requests=5)) == 2
    assert requests_left(state(requests=9), Context(budget_requests=5)) == 0


def test_the_last_turns_bill_is_not_this_turns():
    old = state(turn=0, requests=9, seconds=9, input_tokens=9)
    assert spent(old) == cost()
    assert requests_left(old, Context(budget_requests=5)) == 5
    assert spent(State(messages=[])) == cost()


@pytest.mark.parametrize(
    ("reason", "at", "knobs"),
    [
        (None, state(), {}),
        ("critique_failed", state(halt="critique_failed"), {"budget_tokens": 1}),
        ("budget", state(output_tokens=1), {"budget_tokens": 1}),
        ("budget", state(seconds=2), {"budget_seconds": 1}),
        (None, state(requests=2), {"budget_requests": 2}),  # the round was paid for beforehand
    ],
)
def test_why_a_round_is_broken_off(reason, at, knobs):
    assert why_break_off(at, Context(**knobs)) == reason
