"""The plan of a round: its calls, what fails in one of them, and plain rewards in its form."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from scored_pool import ranked
from steps import run

import tpo
from tpo.core.errors import RewardError
from tpo.core.usage import cost
from tpo.rewards.base import failed, scored, unscored
from tpo.rewards.planned_reward import (
    Batched,
    Called,
    Job,
    PlannedReward,
    planned,
    score_job,
    score_now,
)

MESSAGES = [HumanMessage("Why?")]
ANSWERS = ["0", "1", "2", "3", "4"]


class Numbers:
    """Scores by the number an answer is; fails where told."""

    name, notice = "numbers", "n"

    def __init__(self, batch_size: int | None, fail: Any = (), none: Any = ()) -> None:
        self.batch_size, self.fail, self.none = batch_size, fail, none

    async def score(self, messages: Any, answers: Any) -> Any:
        if set(answers) & set(self.fail):
            raise ConnectionError(f"no route for {answers[0]}")
        return [unscored(f"not {a}") if a in self.none else scored(float(a)) for a in answers]


class Calls:
    """A planned reward with a call for each answer, some of which fail and cost."""

    name, notice = "calls", ""

    def plan(self, job: Job) -> list[Any]:
        return list(job.answers)

    async def call(self, job: Job, call: Any) -> Called:
        if call.endswith("1"):
            error = RewardError(f"lost {call}")
            error.cost = cost(requests=2, input_tokens=7)  # type: ignore[attr-defined]
            raise error
        return Called(result=float(call[-1]), cost=cost(requests=1, input_tokens=3))

    def settled(self, job: Job, call: Any, result: Any) -> list[Any]:
        return []

    def combine(self, job: Job, calls: Any, results: Any) -> list[Any]:
        return [failed(r) if isinstance(r, Exception) else scored(r) for r in results]


def test_the_leader_is_the_earliest_best():
    pool = [ranked(t, r) for t, r in [("a", 1), ("b", 2), ("c", 2)]]
    assert Job(MESSAGES, [], pool).leader == pool[1]
    assert Job(MESSAGES, []).leader is None


@pytest.mark.parametrize(
    ("size", "calls"),
    [(1, [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]), (2, [[0, 2], [2, 4], [4, 5]]),
     (5, [[0, 5]]), (9, [[0, 5]]), (None, [[0, 5]])],
)  # fmt: skip
async def test_a_plain_reward_is_called_in_batches_of_its_size(size, calls):
    reward = planned(Numbers(size))
    assert isinstance(reward, Batched)
    assert isinstance(reward, PlannedReward)
    assert (reward.name, reward.notice) == ("numbers", "n")
    assert reward.plan(Job(MESSAGES, ANSWERS)) == calls
    assert await score_now(reward, MESSAGES, ANSWERS) == [scored(float(a)) for a in ANSWERS]


def test_a_planned_reward_stays_as_it_is():
    calls = Calls()
    assert planned(calls) is calls


def test_no_answers_no_calls():
    assert planned(Numbers(None)).plan(Job(MESSAGES, [])) == []


async def test_a_failed_batch_fails_its_answers_with_its_own_cause():
    scores = await score_now(Numbers(2, fail=["1", "4"]), MESSAGES, ANSWERS)
    assert [s["error"] for s in scores] == [
        "ConnectionError: no route for 0", "ConnectionError: no route for 0", None, None,
        "ConnectionError: no route for 4",
    ]  # fmt: skip


async def test_a_batch_without_any_score_counts_as_failed_so_that_it_is_asked_again():
    reward = planned(Numbers(2, none=["0", "1", "2"]))
    job = Job(MESSAGES, ANSWERS)
    with pytest.raises(RewardError, match="not 0"):
        await reward.call(job, [0, 2])
    done = await reward.call(job, [2, 4])
    assert done["result"] == [unscored("not 2"), scored(3.0)]
    assert reward.settled(job, [2, 4], done["result"]) == [(2, unscored("not 2")), (3, scored(3.0))]


def test_what_is_told_of_an_error():
    assert failed(RewardError("said so")) == unscored("said so")
    assert failed(ValueError("said so")) == unscored("ValueError: said so")


async def test_whoever_scores_makes_the_calls_and_their_results_are_combined():
    reward, job, made = Calls(), Job(MESSAGES, ANSWERS[:3]), list[Any]()

    async def ask(call: Any) -> Called:
        made.append(call)
        return await reward.call(job, call)

    scores = await score_job(reward, job, ask)
    assert made == ["0", "1", "2"]
    assert scores == [scored(0.0), unscored("lost 1"), scored(2.0)]


class Halt(BaseException):
    """What a reward should not raise: `except Exception` lets it through."""


@pytest.mark.parametrize("error", [Halt, GeneratorExit])
async def test_what_is_not_an_exception_fails_its_answers_as_well(error):
    class Halts(Numbers):
        async def score(self, messages: Any, answers: Any) -> Any:
            if answers == ["1"]:
                raise error("enough")
            return await super().score(messages, answers)

    scores = await score_now(Halts(1), MESSAGES, ANSWERS[:3])
    assert scores == [scored(0.0), unscored(f"{error.__name__}: enough"), scored(2.0)]


async def test_cancelling_is_no_failure():
    class Hangs(Numbers):
        async def score(self, messages: Any, answers: Any) -> Any:
            await asyncio.Event().wait()

    scoring = asyncio.create_task(score_now(Hangs(None), MESSAGES, ANSWERS))
    await asyncio.sleep(0)
    scoring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scoring


async def test_a_cancellation_that_a_reward_makes_up_is_a_failure():
    class Cancelled(Numbers):
        async def score(self, messages: Any, answers: Any) -> Any:
            raise asyncio.CancelledError("mine")

    scores = await score_now(Cancelled(None), MESSAGES, ANSWERS)
    assert {score["error"] for score in scores} == {"CancelledError: mine"}


def test_in_a_run_failed_calls_are_paid_for_and_reported_each():
    result = run(reward=Calls(), width=3, depth=0)
    assert [c["error"] for c in result["candidates"]] == [None, "unscored: lost first 1", None]
    paid = result["usage"]["phases"]["rank"]
    assert (paid["requests"], paid["input_tokens"], paid["scores"]) == (4, 13, 3)


class Counted:
    """A number of another library that knows how often it was read."""

    def __init__(self) -> None:
        self.read = 0

    def __float__(self) -> float:
        self.read += 1
        return 1.0


@pytest.mark.parametrize("whole", [False, True])
def test_a_score_is_checked_once(whole):
    numbers: list[Counted] = []

    def function(query: str, answer: str) -> Any:
        numbers.append(Counted())
        return numbers[-1]

    class Whole(Numbers):
        async def score(self, messages: Any, answers: Any) -> Any:
            return [scored(function("", answer)) for answer in answers]

    result = run(reward=Whole(None) if whole else function, width=3, depth=0)
    assert [c["reward"] for c in result["candidates"]] == [1.0] * 3
    assert [number.read for number in numbers] == [1] * 3


class Plain(Calls):
    """Combines to scores with no kind, as calls saved by version 0.1.0 hold them."""

    def combine(self, job: Job, calls: Any, results: Any) -> list[Any]:
        ok = {"reward": 1.0, "error": None}
        return [{"reward": None, "error": "no verdict"}, *[ok] * (len(job.answers) - 1)]


def test_a_failed_score_without_a_kind_is_unscored():
    failed, *others = run(reward=Plain(), width=3, depth=0)["candidates"]
    assert (failed["failure"], failed["error"]) == ("unscored", "unscored: no verdict")
    assert [(c["reward"], c["failure"]) for c in others] == [(1.0, None)] * 2


def test_a_reward_object_given_as_a_class_is_refused_before_the_run():
    with pytest.raises(tpo.ConfigError, match="Calls is a class"):
        run(reward=Calls)
