"""The demonstration scorer: sane on degenerate pairs, and never silent about what it is."""

from __future__ import annotations

import math
import random

import pytest
from langchain_core.messages import HumanMessage

from tpo.rewards.base import Reward, checked
from tpo.rewards.heuristic import HeuristicReward, surface_score

QUERY = "Why is the sky blue, and why are sunsets red?"
GOOD = (
    "The sky is blue because air scatters short wavelengths most.\n\n"
    "- At noon blue light reaches you from everywhere.\n"
    "- At sunsets light crosses more air, so mostly red is left."
)
DEGENERATE = {
    "empty": "",
    "blank": " \n",
    "signs": "!?!?!?",
    "one word": "Physics.",
    "repetition": "The sky is blue. " * 40,
    "echo": QUERY,
    "echo and a word": f"{QUERY} Yes.",
    "refusal": "I'm sorry, but I can't help with that.",
    "off topic": "Pancakes need flour, milk and two eggs. Whisk well and fry in butter.",
    "cut off": GOOD[:70],
    "padding": GOOD + " and so on" * 800,
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_a_plain_good_answer_beats_a_degenerate_one(name):
    assert surface_score(QUERY, GOOD) > surface_score(QUERY, DEGENERATE[name]) + 0.2


@pytest.mark.parametrize("query", ["", "?", "the of and", QUERY, "为什么天空是蓝色的"])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_always_a_finite_number_of_about_the_same_size(query, seed):
    chance = random.Random(seed)
    answer = "".join(chance.choices("ab c.\n1é好🚀", k=chance.randint(0, 3000)))
    assert -7 < surface_score(query, answer) < 3
    assert math.isfinite(surface_score(query, answer))


async def test_it_keeps_the_contract_and_says_what_it_is():
    reward = HeuristicReward()
    assert isinstance(reward, Reward)
    assert "demonstration" in reward.notice
    assert "not a preference model" in reward.notice
    first, second = await checked(reward, [HumanMessage(QUERY)], [GOOD, ""])
    assert first["reward"] == pytest.approx(surface_score(QUERY, GOOD), abs=1e-6)
    assert second["reward"] == -3.0
