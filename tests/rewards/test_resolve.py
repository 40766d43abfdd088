"""From object, function or spec to a reward; and what is said when it is none."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_model import ScriptedModel

import tpo
from tpo.core.errors import ConfigError, SpecError
from tpo.core.reference_mark import named_by
from tpo.rewards.base import scored
from tpo.rewards.function import FunctionReward
from tpo.rewards.heuristic import HeuristicReward
from tpo.rewards.judging.pairwise import PairwiseJudge
from tpo.rewards.judging.pointwise import Judge
from tpo.rewards.planned_reward import Called, PlannedReward
from tpo.rewards.resolve import resolve_reward
from tpo.rewards.specs import REWARDS


class Shortest:
    name, batch_size, notice = "shortest", None, ""

    async def score(self, messages: Any, answers: Any) -> Any:
        return [scored(-len(answer)) for answer in answers]


def longer(query: str, answer: str) -> float:
    return len(answer)


def test_the_three_forms():
    own = Shortest()
    assert resolve_reward(own) is own
    assert isinstance(resolve_reward("heuristic"), HeuristicReward)
    assert isinstance(resolve_reward(" heuristic "), HeuristicReward)
    assert resolve_reward(max) == FunctionReward(max)  # type: ignore[arg-type]


def test_a_planned_reward_is_a_reward():
    class Own:
        name, notice = "own", ""

        def plan(self, job: Any) -> list[Any]:
            return []

        async def call(self, job: Any, call: Any) -> Called:
            raise NotImplementedError

        def settled(self, job: Any, call: Any, result: Any) -> list[Any]:
            return []

        def combine(self, job: Any, calls: Any, results: Any) -> list[Any]:
            return []

    own = Own()
    assert isinstance(own, PlannedReward)
    assert resolve_reward(own) is own


@pytest.mark.parametrize(("kind", "made"), [("judge", Judge), ("pairwise", PairwiseJudge)])
def test_a_judge_is_the_model_it_names_or_the_policy(kind, made):
    model = ScriptedModel(script=[])
    assert resolve_reward(f"{kind}:openai:m@http://h/v1", policy="x:y") == made(
        "openai:m@http://h/v1"
    )
    assert resolve_reward(kind, policy="openai:m") == made("openai:m")
    assert resolve_reward(f"{kind}:", policy="openai:m") == made("openai:m")
    judge: Any = resolve_reward(kind, policy=model)
    assert judge.model is model
    with pytest.raises(SpecError, match=f"reward '{kind}' names no model to judge with: {kind}:op"):
        resolve_reward(kind)


def test_a_verifier_and_its_own_colons():
    assert resolve_reward("verify:exact:a:b").name == named_by("exact", "a:b")


def test_a_spec_is_checked_when_the_graph_is_built():
    for spec in ("verify:os:getcwd", "mix:none.toml", "verify:exact"):
        with pytest.raises(ConfigError):
            tpo.build_tpo("embedded:", spec)
    assert tpo.build_tpo("embedded:", "judge")


@pytest.mark.parametrize("spec", ["", "heuristics", "HF", "Heuristic"])
def test_an_unknown_spec_lists_the_valid_ones(spec):
    with pytest.raises(SpecError) as caught:
        resolve_reward(spec)
    assert f"unknown reward {spec!r}. Valid rewards: " in str(caught.value)
    assert all(f"{known.form} ({known.meaning})" in str(caught.value) for known in REWARDS)


class NoNotice:
    name = "x"

    async def score(self, messages: Any, answers: Any) -> Any:
        return []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "int is not a reward: give a function (query, answer) -> float, an object with name, "),
        (NoNotice(), "NoNotice is not a reward: "),
        (Shortest, "Shortest is a class: give an instance, Shortest(...)"),
    ],
)
def test_what_is_no_reward_is_told_what_is(given, said):
    with pytest.raises(ConfigError) as caught:
        resolve_reward(given)
    assert str(caught.value).startswith(said)
