"""A reward that says why: every form a function may return, and where the words go."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.cache.memory import InMemoryCache

import tpo
from tpo.rewards.base import scored, unscored
from tpo.rewards.caching.cached import cached
from tpo.rewards.caching.score_cache import ScoreCache
from tpo.rewards.function import FunctionReward
from tpo.rewards.mixing.mix import Mix, Part
from tpo.rewards.planned_reward import score_now

np: Any = import_module("numpy")
TALK: Any = [HumanMessage("one")]
CHECKS: Any = [{"criterion": "no commas", "passed": False, "why": "it has 3"}]


@dataclass
class InspectScore:
    """The form of `inspect_ai.scorer.Score`."""

    value: Any
    answer: str | None = None
    explanation: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class Prediction:
    """The form of `dspy.Prediction(score=..., feedback=...)`."""

    score: Any
    feedback: str


FORMS: dict[str, tuple[Any, Any]] = {
    "scored": (tpo.scored(0.5, "why", CHECKS), scored(0.5, "why", CHECKS)),
    "a pair": ((0.5, "why"), scored(0.5, "why")),
    "a pair without words": ((0.5, None), scored(0.5)),
    "a pair with checks": ((0.5, CHECKS), scored(0.5, checks=CHECKS)),
    "a triple": ((0.5, "why", CHECKS), scored(0.5, "why", CHECKS)),
    "a pair with a dict of checks": (
        (0.5, {"no commas": False}),
        scored(0.5, checks=[{"criterion": "no commas", "passed": False}]),
    ),
    "a dict": ({"reward": 0.5, "feedback": "why"}, scored(0.5, "why")),
    "OpenEvals": ({"key": "k", "score": True, "comment": "why"}, scored(1.0, "why")),
    "LangSmith without a comment": ({"key": "k", "score": 0.5}, scored(0.5)),
    "inspect, a number": (InspectScore(0.5, explanation="why"), scored(0.5, "why")),
    "inspect, a grade": (InspectScore("C", explanation="why"), scored(1.0, "why")),
    "inspect, wrong": (InspectScore("I"), scored(0.0)),
    "DSPy": (Prediction(0.5, "why"), scored(0.5, "why")),
    "unscored": (unscored("no verdict"), unscored("no verdict")),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
async def test_every_form(form):
    returned, score = FORMS[form]
    assert await score_now(FunctionReward(lambda query, answer: returned), TALK, ["a"]) == [score]


@pytest.mark.parametrize(
    "number", [np.float32(0.5), np.float64(0.5), Decimal("0.5"), Fraction(1, 2), np.array([0.5])]
)
@pytest.mark.parametrize("form", [Prediction, InspectScore, lambda number, _: number])
async def test_numbers_of_other_libraries_in_an_object_are_as_good_as_bare_ones(form, number):
    reward = FunctionReward(lambda query, answer: form(number, "why"))
    (score,) = await score_now(reward, TALK, ["a"])
    assert (score["reward"], score["error"]) == (0.5, None)


@pytest.mark.parametrize(
    "returned",
    [
        (0.5, 0.7),
        (1, "a", "b"),
        {"value": 1},
        InspectScore("X"),
        [1],
        Prediction("0.5", "why"),
        Prediction(None, "why"),
        Prediction(np.array([1.0, 2.0]), "why"),
    ],
)
async def test_what_has_no_number_is_still_no_score(returned):
    (score,) = await score_now(FunctionReward(lambda query, answer: returned), TALK, ["a"])
    assert score["reward"] is None
    assert "which is not a number" in str(score["error"])


async def test_a_veto_may_say_why():
    veto: Any = {
        "reward": None,
        "error": "rude",
        "failure": "vetoed",
        "feedback": "it says 'idiot'",
    }
    (score,) = await score_now(FunctionReward(lambda query, answer: veto), TALK, ["a"])
    assert score == veto


async def test_words_are_kept_with_the_score_and_old_scores_are_read():
    calls = []

    def reward(query: str, answer: str) -> Any:
        calls.append(answer)
        return scored(0.5, "why", CHECKS) if answer == "a" else 1.0

    store = InMemoryCache()  # type: ignore[var-annotated]
    kept = cached(reward, store, identity="r1")
    old = ScoreCache.key("r1", [["human", "one", []]], "old")
    await ScoreCache(store).keep({old: 2.0})  # as an older version kept it
    for _ in range(2):
        scores = await score_now(kept, TALK, ["a", "b", "old"])
        assert scores == [scored(0.5, "why", CHECKS), scored(1.0), scored(2.0)]
    assert sorted(calls) == ["a", "b"]  # asked at once, in threads: in any order


async def test_a_mix_says_what_each_of_its_parts_says():
    def style(query: str, answer: str) -> Any:
        return 0.5, "too long"

    def tests(query: str, answer: str) -> Any:
        return scored(1.0, checks=CHECKS)

    def polite(query: str, answer: str) -> Any:
        return (0.0, "it says 'idiot'") if answer == "rude" else 1.0

    mix = Mix([Part(style), Part(tests)], constraints=[polite])
    kind, rude = await score_now(mix, TALK, ["kind", "rude"])
    assert kind["feedback"] == "style: too long"
    assert kind["checks"] == [{**CHECKS[0], "criterion": "tests: no commas"}]
    assert (rude["failure"], rude["feedback"]) == ("vetoed", "polite: it says 'idiot'")
