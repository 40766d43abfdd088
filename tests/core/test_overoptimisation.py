"""Drift: what counts as over-optimisation, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.context import Context
from tpo.core.final_answer import answer_of
from tpo.core.heldout_noise import fell, t_quantile
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
    found = drift(rounds(rows), 0.0)
    assert (found["overoptimised"], found["best_round"]) == (gamed, peak)
    assert found["to_sample"] is None


@pytest.mark.parametrize(("tolerance", "gamed"), [(0, True), (0.9, True), (1, False), (5, False)])
def test_a_noisy_heldout_reward_may_fall_by_its_tolerance(tolerance, gamed):
    rows: Rows = [(1, 5), (2, 4.5), (3, 4)]
    assert drift(rounds(rows), tolerance)["overoptimised"] is gamed
    assert drift(rounds([*rows, (4, -2)]), tolerance)["overoptimised"]  # no noise any more
    stops = why_stop(state(rows), Context(guard="stop", guard_tolerance=tolerance, depth=9))
    assert stops == ("overoptimised" if gamed else None)


HIGH, LOW, WIDE = [4.9, 5.0, 5.1], [0.9, 1.0, 1.1], [-3.0, 1.0, 6.0]
FALL: Rows = [(1, 5), (2, 1)]


def sampled(rows: Rows, **samples: list[float]) -> Any:
    found = rounds(rows)
    for name, sample in samples.items():
        found[int(name[1:])]["heldout_sample"] = sample
    return found


@pytest.mark.parametrize(
    ("rows", "samples", "gamed", "to_sample"),
    [
        (FALL, {}, False, 0),  # nothing is known of the noise yet
        (FALL, {"r0": HIGH}, False, 1),
        (FALL, {"r0": HIGH, "r1": LOW}, True, None),
        (FALL, {"r0": HIGH, "r1": HIGH}, False, None),  # the chosen one had bad luck
        (FALL, {"r0": LOW, "r1": HIGH}, False, None),
        (FALL, {"r0": WIDE, "r1": [-4.0, 0.0, 5.0]}, False, None),  # lower, but within the noise
        (FALL, {"r0": [5.0], "r1": LOW}, False, None),  # too few to know
        (FALL, {"r0": HIGH, "r1": []}, False, None),
        (FALL, {"r0": [1.0] * 3, "r1": [0.0] * 3}, True, None),  # a reward of 0 and 1
        (FALL, {"r0": [1.0] * 3, "r1": [1.0 - 1e-9] * 3}, False, None),  # rounding
        ([(1, 5), (2, 4.9)], {"r0": WIDE}, False, None),  # not worth the second round's scores
        ([(1, 5), (2, 6)], {}, False, None),
        ([(1, 5), (1, 1)], {}, False, None),
        ([(1, 3), (2, 5), (3, 1)], {"r0": HIGH}, False, 1),
        ([(1, 3), (2, 5), (3, 1)], {"r1": HIGH, "r2": LOW}, True, None),
    ],
)
def test_a_fall_is_told_from_noise_by_other_answers_of_the_two_rounds(
    rows, samples, gamed, to_sample
):
    found = drift(sampled(rows, **samples))
    assert (found["overoptimised"], found["to_sample"]) == (gamed, to_sample)
    stops = why_stop({**state(rows), "rounds": sampled(rows, **samples)}, Context(guard="stop"))
    assert (stops == "overoptimised") is gamed


def test_an_answer_that_stays_chosen_is_looked_at_in_its_own_round():
    rows = sampled([(1, 5), (2, 1), (2, 1)], r0=HIGH)
    rows[2]["chosen"] = "r1c0"
    assert drift(rows)["to_sample"] == 1


def test_each_further_look_is_allowed_less_chance():
    doubtful = {"peak": [1.0, 2.0, 3.0, 2.0], "last": [0.0, 1.0, 2.0, 1.0]}
    both = list(doubtful.values())
    assert not fell(**doubtful, all_rounds=both)
    clearer = {"peak": doubtful["peak"], "last": [-0.6, 0.4, 1.4, 0.4]}
    both = list(clearer.values())
    assert fell(**clearer, all_rounds=both)
    assert not fell(**clearer, all_rounds=[*both, *[doubtful["peak"]] * 9])


@pytest.mark.parametrize(
    ("share", "freedom", "table"),
    [(0.975, 3, 3.182), (0.975, 6, 2.447), (0.99, 4, 3.747), (0.99, 12, 2.681), (0.995, 8, 3.355)],
)
def test_student_s_t(share, freedom, table):
    assert t_quantile(share, freedom) == pytest.approx(table, rel=0.03)


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
    assert drift(old, 0.0)["overoptimised"]


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
    knobs = {"depth": 5, "guard_tolerance": 0.0, **knobs}
    assert why_stop(state([(1, 2), (2, 1)]), Context(**knobs)) == reason
    for tolerance in (0.0, None):
        known = Context(guard="stop", depth=5, guard_tolerance=tolerance)
        assert why_stop(state([(1, 1), (2, 2)]), known) is None


def test_which_candidate_is_the_answer():
    gamed = state([(1, 2), (2, 3), (3, 1)])
    assert answer_of(gamed, "overoptimised")["id"] == "r1c0"  # type: ignore[index]
    assert answer_of(gamed, "depth")["id"] == "r2c0"  # type: ignore[index]
    assert answer_of(gamed, None)["id"] == "r2c0"  # type: ignore[index]
    by_hand = state([(1, 2), (0, 3)], picked_by="human")
    assert answer_of(by_hand, "human")["id"] == "r1c0"  # type: ignore[index]
    assert answer_of({**by_hand, "rounds": [], "candidates": []}, None) is None
