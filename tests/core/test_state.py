"""The reducers of the pool and the rounds: the same result for every batching and order."""

from __future__ import annotations

import random
from typing import Any, get_type_hints

import pytest

from tpo.core.events import RewardEvent
from tpo.core.state import NO_SCORE, Candidate, Score, merge_candidates, merge_rounds

Write = list[dict[str, Any]]


def candidate(turn: int, nth: int, index: int, **more: Any) -> dict[str, Any]:
    place = {"turn": turn, "id": f"r{nth}c{index}", "round": nth, "index": index}
    return {**place, "text": f"text {turn}/{nth}/{index}", "reward": None, "error": None, **more}


def steps(chance: random.Random) -> list[list[Write]]:
    """Steps of a thread: within one, tasks write in any order; scores follow their texts."""
    made: list[list[Write]] = []
    for turn in (1, 2):
        for nth in range(3):
            pool = [candidate(turn, nth, i) for i in range(4)]
            made.append([[c] for c in pool])
            scores = [{"turn": turn, "id": c["id"], "reward": chance.random()} for c in pool]
            made.append([[s] for s in scores])
    return made


@pytest.mark.parametrize("seed", range(20))
def test_any_order_within_a_step_and_any_batching(seed):
    chance = random.Random(seed)
    plain = steps(random.Random(1))
    whole = merge_candidates(None, [w for step in plain for w in step])
    shuffled = [w for step in plain for w in chance.sample(step, len(step))]
    cut = chance.randint(0, len(shuffled))
    assert merge_candidates(None, shuffled) == whole
    assert merge_candidates(merge_candidates([], shuffled[:cut]), shuffled[cut:]) == whole
    assert all(c["reward"] is not None for c in whole)


def test_candidates_stand_in_order_of_round_and_place():
    writes = [[candidate(1, 1, 0)], [candidate(1, 0, 1), candidate(1, 0, 0)]]
    assert [c["id"] for c in merge_candidates([], writes)] == ["r0c0", "r0c1", "r1c0"]


def test_a_new_turn_leaves_nothing_of_the_old_one_and_a_late_write_changes_nothing():
    old = merge_candidates([], [[candidate(1, 0, 0), candidate(1, 0, 1)]])
    new = merge_candidates(old, [[candidate(2, 0, 0)]])
    assert [c["turn"] for c in new] == [2]
    assert merge_candidates(new, [[candidate(1, 0, 5)]]) == new


def test_writes_change_fields_and_are_idempotent():
    pool = merge_candidates([], [[candidate(1, 0, 0, reasoning="hm")]])
    score: Write = [{"turn": 1, "id": "r0c0", "reward": 0.5, "error": None}]
    once = merge_candidates(pool, [score])
    assert once == merge_candidates(once, [score]) == [{**pool[0], "reward": 0.5}]
    assert pool[0]["reward"] is None


def test_what_a_request_cost_is_not_in_the_pool():
    saved = candidate(1, 0, 0) | {"receipt": {"cost": {"requests": 1}, "refused": []}}
    assert merge_candidates(None, [[saved]]) == merge_candidates(None, [[candidate(1, 0, 0)]])
    assert "receipt" in saved  # what was written is not changed by reading it


def test_rounds_are_filled_in_by_several_nodes():
    ranked = {"turn": 1, "round": 0, "chosen": "r0c0", "loss": None, "gradient": None}
    loss = {"turn": 1, "round": 0, "loss": "L"}
    gradient = {"turn": 1, "round": 0, "gradient": "G"}
    whole = merge_rounds([], [[ranked], [loss], [gradient]])
    assert whole == [{**ranked, "loss": "L", "gradient": "G"}]
    assert merge_rounds(merge_rounds(merge_rounds([], [[ranked]]), [[gradient]]), [[loss]]) == whole


def test_a_candidate_and_its_event_have_every_field_of_a_score():
    fields = set(get_type_hints(Score))
    assert set(NO_SCORE) == fields
    assert fields <= set(get_type_hints(Candidate))
    assert fields <= set(get_type_hints(RewardEvent))
