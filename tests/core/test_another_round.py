"""When one more round is worth its price, and that the rule is off unless a price is named."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.planning.another_round import worth_another_round


def pool_of(*rounds: list[float | None]) -> Any:
    """Some candidates: the first samples, then rewrites round by round."""
    return [
        {
            "id": f"r{round}c{nth}", "turn": 1, "round": round, "index": nth, "text": "",
            "reward": reward, "error": None if reward is not None else "malformed",
            "finish_reason": "stop", "move": "rewrite" if round else "fresh",
            "parent_round": round - 1 if round else None,
        }
        for round, rewards in enumerate(rounds)
        for nth, reward in enumerate(rewards)
    ]  # fmt: skip


def worth(pool: Any, price: float = 0.1, **more: Any) -> bool:
    return worth_another_round(
        pool, **({"round": 1, "rounds": 3, "width": 5, "price": price} | more)
    )


FIRST: list[float | None] = [0.3, -0.2, 1.1, 0.5, -0.9]
EXHAUSTED = pool_of([0.1 * (nth % 10) for nth in range(60)], [0.2, 0.1, 0.3], [0.2, 0.1, 0.2])


def test_without_a_price_every_round_is_worth_it():
    assert worth(EXHAUSTED, price=0.0)
    assert worth(EXHAUSTED, price=-1.0)


def test_the_first_round_is_worth_a_tenth_of_a_spread():
    assert worth(pool_of(FIRST), round=0)


def test_rewrites_that_gain_are_worth_going_on():
    assert worth(pool_of(FIRST, [1.7, 1.9, 1.8]))


def test_after_many_texts_that_gained_nothing_it_is_time_to_stop():
    assert not worth(EXHAUSTED, round=2, price=0.25)


def test_a_tie_that_nothing_has_broken_is_left_alone_in_the_end():
    assert worth(pool_of([0.0] * 5), round=0)
    assert not worth(pool_of([0.0] * 60, [0.0] * 30), round=2, price=0.2)


def test_while_no_answer_can_be_used_the_search_goes_on():
    assert worth(pool_of([None] * 5), round=0, price=9.0)


@pytest.mark.parametrize(("times", "plus"), [(1000.0, 0.0), (1.0, -50.0)])
@pytest.mark.parametrize("pool", [pool_of(FIRST, [1.7, 1.9, 1.8]), EXHAUSTED])
def test_the_unit_and_the_zero_of_rewards_change_nothing(pool, times, plus):
    other = [c | {"reward": c["reward"] * times + plus} for c in pool]
    assert worth(other, round=2) == worth(pool, round=2)


def test_a_price_is_held_against_whole_gains_also_where_rewards_come_in_steps():
    """Moves are compared beyond a quarter of a step; a gain of one step is still worth one."""
    pool = pool_of([1 / 3, 2 / 3, 1 / 3, 0.0, 1 / 3], [2 / 3, 2 / 3, 2 / 3])
    assert worth(pool, price=0.25)
