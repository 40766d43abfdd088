"""Rewrites that copy: their texts tell what equal rewards do not."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.context import Context
from tpo.core.planning.copying import copies_of, mostly_copies
from tpo.core.planning.move_beliefs import beliefs_of
from tpo.core.planning.moves_so_far import (
    gains_of_rewrites,
    rewrites_of,
    spread_of,
    usable_share,
)
from tpo.core.planning.round_plan import plan_round

WORDS = "one two three four five six seven eight nine ten"
OTHER = "quite another answer that shares no two words with it"
NEAR = f"{WORDS} eleven"
FIRST = [1 / 6, 3 / 6, 2 / 6, 4 / 6, 2 / 6]  # shares of six checks


def answer(round: int, nth: int, text: str, reward: float | None, move: str = "rewrite") -> Any:
    return {
        "id": f"r{round}c{nth}", "turn": 1, "round": round, "index": nth, "text": text,
        "reward": reward, "error": None if reward is not None else "malformed",
        "finish_reason": "stop", "move": move, "parent_round": round - 1 if round else None,
    }  # fmt: skip


first = [
    answer(0, nth, WORDS if reward == 4 / 6 else f"fresh answer number {nth}", reward, "fresh")
    for nth, reward in enumerate(FIRST)
]


def rewritten(*texts: str, reward: float = 4 / 6) -> Any:
    return [*first, *(answer(1, nth, text, reward) for nth, text in enumerate(texts))]


def copies(pool: Any) -> set[str]:
    return set(copies_of(pool, spread_of(pool)))


@pytest.mark.parametrize("text", [WORDS, NEAR, WORDS.upper()])
def test_a_rewrite_that_says_the_same_and_has_the_same_reward_is_a_copy(text):
    assert copies(rewritten(text)) == {"r1c0"}


def test_a_rewrite_in_other_words_or_with_a_lower_reward_is_none():
    assert copies(rewritten(OTHER)) == set()
    assert copies(rewritten(NEAR, reward=3 / 6)) == set()


def test_only_the_answer_that_was_rewritten_is_copied():
    assert copies(rewritten(OTHER, f"{OTHER} too")) == set(), "they are like each other"
    fell_back = answer(1, 0, first[1]["text"], 3 / 6)
    assert copies([*first, fell_back]) == set(), "a loss, whatever it says"
    later = answer(2, 0, f"{OTHER} too", 4 / 6)
    assert copies([*rewritten(OTHER), later]) == copies([later, *rewritten(OTHER)]) == {"r2c0"}


def test_nothing_is_a_copy_where_a_few_words_were_enough_to_gain():
    gained = answer(1, 1, NEAR, 5 / 6)
    assert copies([*rewritten(NEAR), gained]) == set()
    assert copies([*rewritten(NEAR), {**gained, "text": OTHER}]) == {"r1c0"}


def test_the_same_reward_is_the_same_but_for_rounding_and_as_any_of_its_ratings():
    assert copies(rewritten(NEAR, reward=4 / 6 + 1e-12)) == {"r1c0"}
    pool = [{**c, "ratings": [8.0, 7.0, 8.0], "reward": 23 / 3} if c["text"] == WORDS else c
            for c in rewritten(NEAR, reward=8.0)]  # fmt: skip
    assert copies(pool) == {"r1c0"}
    assert copies([{**c, "reward": 9.0} if c["id"] == "r1c0" else c for c in pool]) == set()


@pytest.mark.parametrize(
    ("one", "other"), [("x > 0", "x < 0"), ("C++", "C#"), ("-5", "5"), ("", "")]
)
def test_short_answers_are_copies_only_if_they_are_equal(one, other):
    pool = [{**c, "text": one} if c["text"] == WORDS else c for c in first]
    assert copies([*pool, answer(1, 0, other, 4 / 6)]) == set()
    assert copies([*pool, answer(1, 0, f" {one}", 4 / 6)]) == ({"r1c0"} if one else set())


def test_a_copy_is_a_text_that_cannot_be_used_and_says_nothing_of_the_others():
    pool = rewritten(NEAR, NEAR, OTHER)
    assert gains_of_rewrites(pool, 0.5) == [0, 0, 0]
    found = copies_of(pool, 0.5)
    assert gains_of_rewrites(pool, 0.5, found) == [0]
    made = pool[len(first) :]
    assert usable_share(made) == 1
    assert usable_share(made, found) == pytest.approx(1.15 / 3.15)
    malformed = answer(1, 3, "", None)
    assert usable_share([*made, malformed], found) == pytest.approx(0.8 * 1.15 / 3.15)
    three = rewritten(NEAR, NEAR, NEAR)
    assert usable_share(three[5:], copies_of(three, 0.5)) == 0
    alone = beliefs_of(rewritten(OTHER), 0.5)
    assert beliefs_of(pool, 0.5).stays == [pytest.approx(guess) for guess in alone.stays]


def test_copies_of_an_answer_that_no_longer_leads_count_less():
    pool = [*rewritten(NEAR, NEAR, NEAR), answer(2, 0, OTHER, 5 / 6, "fresh")]
    assert list(copies_of(pool, 0.5).values()) == [0.25] * 3
    assert usable_share(pool[5:8], copies_of(pool, 0.5)) == pytest.approx(0.15 / 0.9)


CODE = """def f(numbers):
    total = 0
    for place, number in enumerate(numbers):
        if number % 3 == 0:
            total = total + place * number
    return total"""


@pytest.mark.parametrize(
    ("old", "new"), [("== 0", "!= 0"), ("total +", "total -"), ("% 3", "// 3")]
)
def test_another_sign_of_code_or_arithmetic_is_a_change(old, new):
    pool = [{**c, "text": CODE} if c["text"] == WORDS else c for c in first]
    assert copies([*pool, answer(1, 0, CODE.replace(old, new), 4 / 6)]) == set()
    assert copies([*pool, answer(1, 0, f"{CODE}  # now", 4 / 6)]) == {"r1c0"}


def test_where_nothing_is_told_only_the_chosen_answer_was_rewritten():
    passed = {**answer(0, 5, OTHER, 4 / 6, "fresh"), "checks": [{"criterion": "a", "passed": True}]}
    failed = {**answer(0, 6, NEAR, 4 / 6, "fresh"), "checks": [{"criterion": "b", "passed": False}]}
    [(_, drafts)] = rewrites_of([passed, failed, answer(1, 0, "rewritten", 0.1)])
    assert [c["id"] for c in drafts] == ["r0c5", "r0c6"]


def divided(*texts: str) -> tuple[int, int, int]:
    plan = plan_round(rewritten(*texts), turn=1, round=1, rounds=8, width=5)
    return plan["fresh"], plan["rewrite"], plan["advised"]


def test_rewrites_in_other_words_are_tried_again_and_copies_are_not():
    changed = [f"this is rewrite {nth} and it uses {nth} other words" for nth in range(3)]
    assert divided(*changed)[1] > 0
    assert divided(NEAR, NEAR, NEAR) == (7, 0, 0)


def test_a_plan_says_how_many_rewrites_were_copies():
    plan = plan_round(rewritten(NEAR, OTHER), turn=1, round=1, rounds=2, width=5)
    assert plan["why"].endswith(
        "rewrites have gained 0 a text so far; 1 of 2 rewrites copied the answer"
    )
    plan = plan_round(rewritten(OTHER), turn=1, round=1, rounds=2, width=5)
    assert plan["why"].endswith("rewrites have gained 0 a text so far")


# The next rewrites differ more


def warmer(*more: Any, mode: Any = "adaptive") -> bool:
    state: Any = {"candidates": [*first, *more]}
    return mostly_copies(state, Context(mode=mode))


def test_rewrites_that_mostly_copy_are_asked_for_warmer_also_after_a_round_without_any():
    copied = [answer(1, 0, NEAR, 4 / 6), answer(1, 1, NEAR, 5 / 6), answer(1, 2, OTHER, 4 / 6)]
    plain = [answer(2, nth, f"fresh again {nth}", 1 / 6, "fresh") for nth in range(3)]
    assert warmer(*copied)
    assert warmer(*copied, *plain)
    assert not warmer(*copied, mode="tpo")
    assert not warmer(*copied[1:], *(answer(1, n, f"{n} words", 0.5) for n in (3, 4)))
    assert not warmer(*copied, answer(2, 0, "this one differs", 4 / 6))


def test_copies_by_fresh_and_advised_answers_say_nothing_of_rewrites():
    copies = [answer(1, nth, NEAR, 4 / 6, move) for nth, move in enumerate(["fresh", "advised"])]
    assert not warmer(*copies)
    assert not warmer(*copies, answer(1, 2, OTHER, 4 / 6), answer(1, 3, "differs", 4 / 6))
