"""Rewrites that copy: their texts tell what equal rewards do not."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.planning.move_beliefs import beliefs_of
from tpo.core.planning.moves_so_far import copied_by_rewrites, gains_of_rewrites, usable_share
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


@pytest.mark.parametrize("text", [WORDS, NEAR, WORDS.upper()])
def test_a_rewrite_that_says_the_same_and_has_the_same_reward_is_a_copy(text):
    assert copied_by_rewrites(rewritten(text)) == {"r1c0"}


def test_a_rewrite_with_other_words_or_another_reward_is_none():
    assert copied_by_rewrites(rewritten(OTHER)) == set()
    assert copied_by_rewrites(rewritten(NEAR, reward=5 / 6)) == set()
    assert copied_by_rewrites(rewritten(NEAR, reward=3 / 6)) == set()


def test_only_what_comes_later_is_a_copy_and_only_rewrites_count():
    pool = [*rewritten(OTHER, f"{OTHER} too"), answer(2, 0, OTHER, 4 / 6, "fresh")]
    assert copied_by_rewrites(pool) == copied_by_rewrites(pool[::-1]) == {"r1c1"}


def test_texts_that_are_missing_or_useless_are_no_copies():
    pool = [*rewritten("", ""), answer(1, 2, WORDS, None)]
    assert copied_by_rewrites(pool) == set()


def test_a_copy_is_a_text_that_cannot_be_used_and_says_nothing_of_the_others():
    pool = rewritten(NEAR, NEAR, OTHER)
    copies = copied_by_rewrites(pool)
    assert gains_of_rewrites(pool, 0.5) == [0, 0, 0]
    assert gains_of_rewrites(pool, 0.5, copies) == [0]
    made = pool[len(first) :]
    assert usable_share(made) == 1
    assert usable_share(made, copies) == pytest.approx(1.3 / 3.3)
    assert usable_share([*made, answer(1, 3, "", None)], copies) == pytest.approx(0.8 * 1.3 / 3.3)
    alone = beliefs_of(rewritten(OTHER), 0.5)
    assert beliefs_of(pool, 0.5).stays == [pytest.approx(guess) for guess in alone.stays]


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
        "rewrites have gained 0 a text so far; near copies: 1 of 2 rewrites"
    )
    plan = plan_round(rewritten(OTHER), turn=1, round=1, rounds=2, width=5)
    assert plan["why"].endswith("rewrites have gained 0 a text so far")
