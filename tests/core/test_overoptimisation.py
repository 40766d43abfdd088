"""Drift: what counts as over-optimisation, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.context import Context
from tpo.core.final_answer import answer_of
from tpo.core.overoptimisation import drift
from tpo.core.stopping import why_stop
from tpo.core.usage import add_usage, cost

Rows = list[tuple[float | None, float | None]]


def rounds(rows: Rows, ranked_by: str = "r") -> Any:
    return [
        {
            "turn": 1, "round": i, "chosen": f"r{i}c0", "reward": reward, "heldout": heldout,
            "best_length": 100 * (i + 1), "ranked_by": ranked_by, "picked_by": "reward",
            "spread": 1.0,
        }
        for i, (reward, heldout) in enumerate(rows)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "gamed", "peak"),
    [
        ([], False, None),
        ([(1, 1)], False, 0),
        ([(1, 1), (2, 2)], False, 1),  # both rise
        ([(1, 2), (2, 1)], True, 0),
        ([(1, 1), (2, 3), (3, 2)], True, 1),  # it fell since its best, though not since the start
        ([(1, 2), (1, 1)], False, 0),  # the reward did not rise
        ([(2, 2), (1, 1)], False, 0),  # both fall
        ([(1, 2), (2, 2)], False, 0),  # equal is no fall, and the earliest is the best
        ([(1, 3), (2, 1), (3, 3)], False, 0),  # it came back
        ([(1, None), (2, None)], False, None),
        ([(1, 2), (2, None), (3, 1)], True, 0),  # a failed held-out score is passed over
        ([(None, 2), (2, 1)], False, 1),
        ([(1, -1), (2, -2)], True, 0),
        ([(0, 0), (1, -1)], True, 0),
    ],
)
def test_what_is_overoptimised(rows, gamed, peak):
    found = drift(rounds(rows))
    assert (found["overoptimised"], found["best_round"]) == (gamed, peak)


@pytest.mark.parametrize(("tolerance", "gamed"), [(0, True), (0.9, True), (1, False), (5, False)])
def test_a_noisy_heldout_reward_may_fall_by_its_tolerance(tolerance, gamed):
    rows: Rows = [(1, 5), (2, 4.5), (3, 4)]
    assert drift(rounds(rows), tolerance)["overoptimised"] is gamed
    assert drift(rounds([*rows, (4, -2)]), tolerance)["overoptimised"]  # no noise any more
    stops = why_stop(state(rows), Context(guard="stop", guard_tolerance=tolerance, depth=9))
    assert stops == ("overoptimised" if gamed else None)


def test_how_much_moved():
    found = drift(rounds([(1, 4), (2, 5), (4, 2)]))
    assert (found["reward"], found["heldout"], found["length"]) == (3, -2, 200)
    bare = drift(rounds([(1, None), (4, None)]))
    assert (bare["reward"], bare["heldout"], bare["length"]) == (3, None, 100)


def test_rewards_of_two_scales_are_not_compared():
    """After a degradation only what the fallback has ranked is compared; length always is."""
    mixed = rounds([(1, 9)]) + rounds([(0, 0), (500, 5), (501, 6)], "fallback")[1:]
    found = drift(mixed)
    assert (found["overoptimised"], found["best_round"]) == (False, 2)
    assert (found["reward"], found["heldout"], found["length"]) == (1, 1, 200)


def test_a_run_saved_before_there_were_names_can_be_read():
    old = rounds([(1, 2), (2, 1)])
    for record in old:
        del record["ranked_by"]
    assert drift(old)["overoptimised"]


def state(rows: Rows, picked_by: str = "reward") -> Any:
    pool = [
        {"id": f"r{i}c{k}", "turn": 1, "round": i, "index": k, "text": f"{i}{k}", "error": None,
         "reward": (reward or 0.0) - k}
        for i, (reward, _) in enumerate(rows) for k in (0, 1)
    ]  # fmt: skip
    records = rounds(rows)
    records[-1]["picked_by"] = picked_by
    usage = add_usage(None, {"turn": 1, "phase": "sample", "cost": cost()})
    return {
        "turn": 1, "round": len(rows) - 1, "candidates": pool, "rounds": records, "usage": usage
    }  # fmt: skip


@pytest.mark.parametrize(
    ("knobs", "reason"),
    [
        ({}, None),
        ({"guard": "stop"}, "overoptimised"),
        ({"guard": "stop", "depth": 1}, "overoptimised"),  # also in the last round
        ({"guard": "stop", "target_reward": 2.0}, "overoptimised"),  # a gamed target is none
        ({"target_reward": 2.0}, "target"),
    ],
)
def test_when_the_guard_stops(knobs, reason):
    assert why_stop(state([(1, 2), (2, 1)]), Context(**{"depth": 5, **knobs})) == reason
    assert why_stop(state([(1, 1), (2, 2)]), Context(guard="stop", depth=5)) is None


def test_which_candidate_is_the_answer():
    gamed = state([(1, 2), (2, 3), (3, 1)])
    assert answer_of(gamed, "overoptimised")["id"] == "r1c0"  # type: ignore[index]
    assert answer_of(gamed, "depth")["id"] == "r2c0"  # type: ignore[index]
    assert answer_of(gamed, None)["id"] == "r2c0"  # type: ignore[index]
    by_hand = state([(1, 2), (0, 3)], picked_by="human")
    assert answer_of(by_hand, "human")["id"] == "r1c0"  # type: ignore[index]
    assert answer_of({**by_hand, "rounds": [], "candidates": []}, None) is None
