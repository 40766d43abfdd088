"""How an adaptive round is divided: what is certain, what the prior says, what changes it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tpo.core.moves import Move, Plan, needs_critique
from tpo.core.planning.another_round import worth_another_round
from tpo.core.planning.move_beliefs import beliefs_of
from tpo.core.planning.moves_so_far import move_of, rewards_of, spread_of, step_of
from tpo.core.planning.plan_words import paid
from tpo.core.planning.round_plan import plan_round
from tpo.core.ratings import noise_of

FIRST = [0.3, -0.2, 1.1, 0.5, -0.9]


def made(round: int, move: Move, rewards: list[float | None], parent: int | None = None) -> Any:
    """Some candidates of one move; `None` is a text that could not be used."""
    return [
        {
            "id": f"r{round}{move}{nth}", "turn": 1, "round": round, "index": nth, "text": "",
            "reward": reward, "error": None if reward is not None else "malformed",
            "finish_reason": "stop", "move": move,
            "parent_round": None if move == "fresh" else (round - 1 if parent is None else parent),
        }
        for nth, reward in enumerate(rewards)
    ]  # fmt: skip


def planned(pool: Any, *, round: int = 0, rounds: int = 2, width: int = 5, **more: Any) -> Plan:
    return plan_round(pool, turn=1, round=round, rounds=rounds, width=width, **more)


def numbers(plan: Plan) -> tuple[int, int, int]:
    return plan["fresh"], plan["rewrite"], plan["advised"]


first = made(0, "fresh", FIRST)
gaining = [*first, *made(1, "rewrite", [1.7, 1.9, 1.8]), *made(1, "advised", [0.0])]
losing = [*first, *made(1, "rewrite", [0.1, -0.2, 0.0]), *made(1, "advised", [-0.4])]
copying = [*first, *made(1, "rewrite", [1.1, 1.1, 1.1]), *made(1, "advised", [0.2])]
POOLS = {
    "first": (first, 0), "gaining": (gaining, 1), "losing": (losing, 1), "copying": (copying, 1),
    "one": (made(0, "fresh", [0.4]), 0), "tied": (made(0, "fresh", [0.0] * 5), 0),
    "failed": (made(0, "fresh", [None] * 5), 0), "none": ([], 0),
}  # fmt: skip


# What is certain


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("width", [1, 2, 5, 64])
@pytest.mark.parametrize("rounds", [1, 2, 8])
def test_a_round_has_its_width_or_the_critique_s_texts_more_if_all_are_fresh(name, width, rounds):
    pool, round = POOLS[name]
    plan = planned(pool, round=round, rounds=rounds, width=width, critique_texts=2)
    fresh, rewrite, advised = numbers(plan)
    assert min(fresh, rewrite, advised) >= 0
    assert fresh + rewrite + advised == (width if rewrite + advised else width + 2)


@pytest.mark.parametrize("name", POOLS)
def test_the_order_of_the_pool_changes_nothing(name):
    pool, round = POOLS[name]
    shuffled = random.Random(3).sample(pool, len(pool))
    assert planned(shuffled, round=round, seed=7) == planned(pool, round=round, seed=7)


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize(
    ("times", "plus"), [(1000.0, 0.0), (0.001, 0.0), (1.0, -50.0), (64.0, 9.0)]
)
def test_the_unit_and_the_zero_of_rewards_change_nothing(name, times, plus):
    pool, round = POOLS[name]
    other = [c | {"reward": c["reward"] and c["reward"] * times} for c in pool]
    other = [c | {"reward": None if c["reward"] is None else c["reward"] + plus} for c in other]
    assert numbers(planned(other, round=round)) == numbers(planned(pool, round=round))


def test_a_run_planned_twice_is_the_same_run():
    assert planned(gaining, round=1, seed=1) == planned(gaining, round=1, seed=1)
    assert planned(gaining, round=1) == planned(gaining, round=1, seed=None)


def test_the_pool_is_left_as_it_is():
    before = [dict(c) for c in gaining]
    planned(gaining, round=1)
    assert gaining == before


# What the prior says


def test_the_first_round_tries_two_rewrites_and_one_advised_text_of_five():
    assert numbers(planned(first)) == (2, 2, 1)


def test_a_long_run_can_afford_a_larger_first_try():
    assert numbers(planned(first, rounds=8)) == (0, 4, 1)
    assert planned(first, rounds=1)["rewrite"] == 2


def test_while_all_rewards_are_the_same_fresh_texts_come_first_and_a_critique_later():
    tied = made(0, "fresh", [0.0] * 5)
    assert numbers(planned(tied)) == (7, 0, 0)
    tied += made(1, "fresh", [0.0] * 7)
    last = planned(tied, round=1)
    assert last["rewrite"] > 0
    assert last["advised"] > 0


def test_a_tie_is_no_reason_to_wait_if_the_reward_says_what_is_wrong():
    """It tells where to begin, which equal numbers do not."""
    told = [{**c, "feedback": "no JSON"} for c in made(0, "fresh", [0.0] * 5)]
    plan = planned(told)
    assert numbers(plan) == (3, 2, 2)
    assert plan["why"].endswith(
        "all answers have the same reward so far, and it says what is wrong with them"
    )
    assert numbers(planned(told, shown=False)) == (7, 0, 0)
    missed = made(1, "rewrite", [0.0, 0.0]) + made(1, "advised", [0.0, 0.0])
    missed = telling([*missed, *made(1, "fresh", [0.0] * 3)], feedback="no JSON")
    assert numbers(planned([*told, *missed], round=1)) == (5, 1, 1)


def test_without_an_answer_there_is_nothing_to_criticise():
    assert numbers(planned(made(0, "fresh", [None] * 5))) == (7, 0, 0)
    assert numbers(planned([])) == (7, 0, 0)


# What the reward says


def telling(pool: Any, **said: Any) -> Any:
    """The same pool with words of the reward for every answer."""
    return [{**c, **said} for c in pool]


FAILED: Any = [{"criterion": "no commas", "passed": False}]
PASSED: Any = [{"criterion": "no commas", "passed": True}]


HALF: Any = [{"criterion": "clarity", "score": 0.5}]
WHOLE: Any = [{"criterion": "clarity", "score": 1.0}]


@pytest.mark.parametrize(
    "said",
    [
        {"feedback": "it has 3 commas"},
        {"checks": FAILED},
        {"checks": HALF},
        {"checks": [{"criterion": "looked at"}]},
    ],
)
def test_if_the_reward_says_what_is_wrong_no_critique_is_paid_for(said):
    plan = planned(telling(first, **said))
    assert numbers(plan) == (3, 2, 2)
    assert plan["critique"] is False
    assert not needs_critique(plan)
    assert plan["why"] == (
        "3 fresh answers, 2 rewrites, 2 advised answers by what the reward says: "
        "nothing is known yet of what these gain"
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"feedback": ""},
        {"checks": []},
        {"checks": PASSED},
        {"checks": WHOLE},
        {"checks": PASSED, "feedback": "All 5 tests pass."},
        {"checks": [*PASSED, *WHOLE], "feedback": "All 5 tests pass."},
    ],
)
def test_if_it_says_nothing_of_the_best_answer_a_critic_must(said):
    plan = planned(telling(first, **said))
    assert plan == planned(first)
    assert plan["critique"] is True


def test_words_that_no_model_is_shown_are_none():
    assert planned(telling(first, checks=FAILED), shown=False) == planned(first)


def test_only_the_best_answer_counts():
    leader, *others = sorted(first, key=lambda c: -c["reward"])
    assert planned([*telling([leader], checks=FAILED), *others])["critique"] is False
    assert planned([leader, *telling(others, checks=FAILED)])["critique"] is True


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("width", [1, 2, 5, 64])
@pytest.mark.parametrize("rounds", [1, 2, 8])
def test_such_a_round_always_has_the_critique_s_texts_more(name, width, rounds):
    pool, round = POOLS[name]
    plan = planned(telling(pool, checks=FAILED), round=round, rounds=rounds, width=width)
    assert min(numbers(plan)) >= 0
    assert sum(numbers(plan)) == width + 2
    assert not needs_critique(plan)


def test_what_the_moves_gain_counts_as_with_a_critique():
    assert numbers(planned(telling(gaining, checks=FAILED), round=1)) == (0, 7, 0)
    assert numbers(planned(telling(losing, checks=FAILED), round=1)) == (7, 0, 0)
    assert "by what the reward says" not in planned(telling(losing, checks=FAILED), round=1)["why"]


def test_in_the_last_round_moves_that_cost_no_critique_need_promise_less():
    near = [*first, *made(1, "fresh", [0.2, 0.9, -0.4]), *made(1, "advised", [0.1, 0.6])]
    near += made(1, "rewrite", [1.0, 0.2])
    assert numbers(planned(telling(near, checks=FAILED), round=1)) == (3, 4, 0)
    assert numbers(planned(near, round=1)) == (7, 0, 0)
    assert numbers(planned(telling(near, checks=FAILED), round=1, rounds=3)) == (7, 0, 0)


def test_a_plan_of_an_older_version_has_a_critique_for_its_moves():
    old = Plan(fresh=2, rewrite=2, advised=1, why="")
    assert needs_critique(old)
    assert not needs_critique({**old, "rewrite": 0, "advised": 0})


# What has paid


def test_rewrites_that_keep_gaining_get_the_whole_round():
    assert numbers(planned(gaining, round=1)) == (0, 5, 0)
    further = [*gaining, *made(2, "rewrite", [2.4, 2.6, 2.5, 2.7, 2.3])]
    assert numbers(planned(further, round=2, rounds=8)) == (0, 5, 0)


def test_after_rewrites_that_lose_badly_all_texts_are_fresh():
    assert numbers(planned(losing, round=1)) == (7, 0, 0)
    assert numbers(planned(losing, round=1, rounds=8)) == (7, 0, 0)


def test_after_copies_all_texts_are_fresh():
    assert numbers(planned(copying, round=1)) == (7, 0, 0)


def test_rewrites_that_cannot_be_used_have_brought_nothing():
    assert numbers(planned([*first, *made(1, "rewrite", [None] * 5)], round=1)) == (7, 0, 0)


def test_advised_texts_that_are_far_better_than_fresh_ones_are_asked_for_again():
    pool = [*first, *made(1, "rewrite", [0.6, 0.4, 0.5]), *made(1, "advised", [1.6, 1.9])]
    plan = planned(pool, round=1, rounds=3)
    assert plan["advised"] > plan["rewrite"]


def test_negative_rewards_are_rewards():
    pool = [c | {"reward": c["reward"] - 100} for c in gaining]
    assert numbers(planned(pool, round=1)) == (0, 5, 0)


# Small things


def test_a_draft_that_the_caller_brought_says_nothing_of_fresh_texts():
    draft: Any = made(0, "fresh", [99.0])[0] | {"drafted": True}
    assert spread_of([draft, *first]) == spread_of(first)


def test_updates_of_a_run_that_knew_no_moves_are_rewrites():
    [old] = made(1, "rewrite", [1.0], parent=0)
    del old["move"]
    assert move_of(old) == "rewrite"


def test_a_text_has_gained_what_its_move_has_raised_the_best_by():
    assert paid(gaining, "rewrite") == pytest.approx((1.9 - 1.1) / 3)
    assert paid(gaining, "advised") == 0
    assert paid(gaining, "fresh") is None


NOTHING = "nothing is known yet of what critiques gain"
GAINED = "rewrites have gained 0.27 a text and advised answers have gained 0 a text so far"
SAME = "all answers have the same reward so far"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("first", f"2 fresh answers, 2 rewrites, 1 advised answer: {NOTHING}"),
        ("gaining", f"5 rewrites: {GAINED}"),
        ("tied", f"7 fresh answers: {SAME}"),
        ("none", "7 fresh answers: no answer can be used yet"),
    ],
)
def test_the_plan_says_why(name, why):
    pool, round = POOLS[name]
    assert planned(pool, round=round)["why"] == why


# What ratings say when they are asked again


def again(pool: Any, **ratings: list[float]) -> Any:
    """The pool with several ratings of some answers; their mean is the reward."""
    means = {name: sum(some) / len(some) for name, some in ratings.items()}
    return [
        {**c, "ratings": ratings[c["id"]], "reward": means[c["id"]]} if c["id"] in means else c
        for c in pool
    ]


def test_noise_is_what_ratings_of_one_answer_scatter():
    pool = made(0, "fresh", [3.0, 2.0])
    assert noise_of(pool) == 0
    assert noise_of(again(pool, r0fresh0=[2.0, 3.0, 4.0])) == pytest.approx((2 / 3) ** 0.5)
    assert noise_of(again(pool, r0fresh0=[3.0, 3.0, 3.0])) == 0
    copies = [{**c, "text": "same"} for c in again(pool, r0fresh0=[2.0, 4.0], r0fresh1=[2.0, 4.0])]
    assert noise_of(copies) == noise_of(copies[:1]) == 1.0


def test_half_of_what_ratings_scatter_by_chance_is_no_gain_of_rewrites():
    scattered = made(1, "rewrite", [0.4, 1.9, 0.6, 1.5])
    sure = again([*first, *scattered], r0fresh2=[1.1, 1.1, 1.1])
    noisy = again([*first, *scattered], r0fresh2=[0.31, 1.1, 1.89])
    spread = spread_of(sure)
    beliefs = [beliefs_of(pool, spread) for pool in (sure, noisy)]
    fresh = [pytest.approx(guess) for guess in beliefs[1].fresh]
    stays = [sum(g.chance * g.sd for g in b.stays) for b in beliefs]
    assert beliefs[0].fresh == fresh
    assert stays[1] < 0.8 * stays[0]
    once = beliefs_of([*first, *scattered], spread)
    assert once.stays == [pytest.approx(guess) for guess in beliefs[0].stays]


# Rewards that come in steps


SIXTHS = [1 / 6, 3 / 6, 2 / 6, 4 / 6, 2 / 6]
FINER = [0.16, 0.5, 0.34, 4 / 6, 0.33]


def test_a_step_is_the_least_that_two_rewards_differ_by():
    assert step_of(made(0, "fresh", SIXTHS), 1 / 3) == pytest.approx(0.5)
    assert step_of(made(0, "fresh", [0.3, 0.1 + 0.2, 0.8]), 1.0) == pytest.approx(0.5)
    assert step_of(made(0, "fresh", [2.0, 2.0, None]), 1.0) == 0


def test_rewards_come_in_steps_only_if_two_texts_have_the_same():
    assert step_of(made(0, "fresh", [0.3, 0.5, 0.9]), 1.0) == 0
    same = [{**c, "text": "same"} for c in made(0, "fresh", [0.5, 0.5])]
    assert step_of([*same, *made(1, "fresh", [0.9])], 1.0) == 0


def test_means_of_ratings_do_not_hide_the_step():
    pool = again(made(0, "fresh", [7.0, 6.0, 5.0, 6.0]), r0fresh0=[7.0, 7.0, 8.0])
    assert step_of(pool, 1.0) == 1.0
    sure = again(made(0, "fresh", [0.71, 0.62]), r0fresh0=[0.71, 0.71, 0.71])
    assert step_of(sure, 1.0) == 0


@pytest.mark.parametrize("rewards", [[0.6, 0.1 + 0.2 + 0.3, 0.6], [1e-160, 0.0, 2e-160]])
def test_fresh_rewards_that_are_the_same_but_for_rounding_are_a_tie(rewards):
    pool = [*made(0, "fresh", rewards), *made(1, "rewrite", [0.7, 0.6, 0.6])]
    assert spread_of(pool) > 0.01
    assert sum(numbers(planned(pool, round=1))) in (5, 7)
    assert worth_another_round(pool, round=1, rounds=2, width=5, price=0.01)


def scatter_of_equal_rewrites(rewards: list[float]) -> float:
    """How far rewrites are believed to scatter that all have the reward of their answer."""
    pool = [*made(0, "fresh", rewards), *made(1, "rewrite", [4 / 6] * 4)]
    stays = beliefs_of(pool, spread_of(pool)).stays
    return sum(guess.chance * guess.sd for guess in stays)


def test_rewrites_with_the_reward_of_their_answer_are_no_copies_if_rewards_come_in_steps():
    assert scatter_of_equal_rewrites(FINER) < 0.05
    assert scatter_of_equal_rewrites(SIXTHS) > 0.15


def test_a_gain_counts_from_a_quarter_of_a_step():
    pool = [*made(0, "fresh", SIXTHS), *made(1, "rewrite", [4 / 6] * 4)]
    spread = spread_of(pool)
    beliefs = beliefs_of(pool, spread)
    for guess in beliefs.stays:
        assert guess.mean == pytest.approx(-step_of(pool, spread) / 4)
    assert rewards_of(pool, "rewrite", spread, 0.25) == [pytest.approx(-0.25)] * 4
