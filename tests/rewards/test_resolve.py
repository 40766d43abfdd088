"""From object, function or spec to a reward; and what is said when it is none."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.errors import ConfigError, SpecError
from tpo.rewards.base import scored
from tpo.rewards.function import FunctionReward
from tpo.rewards.heuristic import HeuristicReward
from tpo.rewards.resolve import SPECS, resolve_reward


class Shortest:
    name, batch_size, notice = "shortest", None, ""

    async def score(self, messages: Any, answers: Any) -> Any:
        return [scored(-len(answer)) for answer in answers]


def test_the_three_forms():
    own = Shortest()
    assert resolve_reward(own) is own
    assert isinstance(resolve_reward("heuristic"), HeuristicReward)
    assert isinstance(resolve_reward(" heuristic "), HeuristicReward)
    assert resolve_reward(len) == FunctionReward(len)  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", ["", "heuristics", "hf", "Heuristic"])
def test_an_unknown_spec_lists_the_valid_ones(spec):
    with pytest.raises(SpecError) as caught:
        resolve_reward(spec)
    assert f"unknown reward {spec!r}. Valid rewards: " in str(caught.value)
    assert all(name in str(caught.value) for name in SPECS)


class NoNotice:
    name = "x"

    async def score(self, messages: Any, answers: Any) -> Any:
        return []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "int is no reward: give a function (query, answer) -> float, an object with name, "),
        (NoNotice(), "NoNotice is no reward: "),
        (Shortest, "Shortest is a class: give an instance, Shortest(...)"),
    ],
)
def test_what_is_no_reward_is_told_what_is(given, said):
    with pytest.raises(ConfigError) as caught:
        resolve_reward(given)
    assert str(caught.value).startswith(said)
