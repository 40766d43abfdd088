"""How a round is scored: the paid calls it takes, and how their results become scores.

A plain `Reward` takes batches of answers. Rewards that compare answers with each other,
or combine several rewards, need calls of their own and see the pool; they are
`PlannedReward`s. The rank node knows only this form: every call is saved by itself, so a
crash in mid-round repeats none that was finished.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from langchain_core.messages import AnyMessage
from typing_extensions import TypedDict

from ..core.errors import RewardError, TPOError, evidence
from ..core.usage import Cost, cost
from .base import Reward, Score, checked, unscored


class Rated(TypedDict):
    """A candidate of earlier rounds with its reward: what new ones can be held against."""

    text: str
    round: int
    reward: float
    parts: dict[str, float]


class Called(TypedDict):
    """What one call brought (plain JSON), and what it cost in model requests."""

    result: Any
    cost: Cost


@dataclass(frozen=True)
class Failure:
    """What stands in the place of a call's result when the call raised: why it did."""

    why: str


@dataclass(frozen=True)
class Job:
    """One round to be scored.

    Attributes:
        messages: The conversation.
        answers: The new answers.
        pool: What was scored before, the earliest first.
    """

    messages: Sequence[AnyMessage]
    answers: Sequence[str]
    pool: Sequence[Rated] = ()

    @property
    def leader(self) -> Rated | None:
        """The pool's best, the earliest on a tie."""
        return max(self.pool, key=lambda rated: rated["reward"], default=None)


@runtime_checkable
class PlannedReward(Protocol):
    """A reward that says which calls a round takes.

    `plan` and `combine` are pure and cheap; only `call` pays. A call that raised has a
    `Failure` for its result when it comes to `combine`. An error with a `cost` (a `Cost`)
    says what was paid all the same.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def notice(self) -> str: ...  # noqa: D102

    def plan(self, job: Job) -> list[Any]:
        """Return the calls, each as plain JSON, always in the same order."""
        ...

    async def call(self, job: Job, call: Any) -> Called:
        """Make one call."""
        ...

    def settled(self, job: Job, call: Any, result: Any) -> list[tuple[int, Score]]:
        """Return the answers' places whose score is final after this call alone."""
        ...

    def combine(self, job: Job, calls: Sequence[Any], results: Sequence[Any]) -> list[Score]:
        """Turn the results of all calls into one score per answer."""
        ...


@dataclass(frozen=True)
class Batched:
    """A plain reward as a planned one: batches of its own size, in order."""

    reward: Reward

    @property
    def name(self) -> str:
        """The reward's name."""
        return self.reward.name

    @property
    def notice(self) -> str:
        """The reward's notice."""
        return self.reward.notice

    def plan(self, job: Job) -> list[Any]:
        """Return `[first, end]` places of each batch."""
        size = self.reward.batch_size or max(1, len(job.answers))
        count = len(job.answers)
        return [[i, min(i + size, count)] for i in range(0, count, size)]

    async def call(self, job: Job, call: Any) -> Called:
        """Score one batch.

        Raises:
            RewardError: every score failed, so that a resumed run asks again.
        """
        first, end = call
        scores = await checked(self.reward, job.messages, job.answers[first:end])
        if all(score.get("failure") == "unscored" for score in scores):
            raise RewardError(scores[0]["error"])
        return Called(result=scores, cost=cost())

    def settled(self, job: Job, call: Any, result: Any) -> list[tuple[int, Score]]:
        """Every score of a batch is final."""
        return list(enumerate(result, start=call[0]))

    def combine(self, job: Job, calls: Sequence[Any], results: Sequence[Any]) -> list[Score]:
        """Join the batches."""
        scores: list[Score] = []
        for (first, end), result in zip(calls, results, strict=True):
            lost = isinstance(result, Failure)
            scores += [unscored(result.why)] * (end - first) if lost else result
        return scores


def planned(reward: Reward | PlannedReward) -> PlannedReward:
    """Return a reward in the form the rank node takes."""
    return reward if isinstance(reward, PlannedReward) else Batched(reward)


def failure_of(error: BaseException) -> Failure:
    """Return what `combine` is told of an error; our own need no class name before them."""
    return Failure(evidence(str(error) if isinstance(error, TPOError) else error))


async def score_now(
    reward: Reward | PlannedReward, messages: Sequence[AnyMessage], answers: Sequence[str]
) -> list[Score]:
    """Score answers outside a run, all calls at once.

    Args:
        reward: The reward.
        messages: The conversation.
        answers: Answers to it.

    Returns:
        One score per answer; a call that raised leaves its answers unscored.
    """
    plan, job = planned(reward), Job(messages, answers)
    calls = plan.plan(job)
    done = await asyncio.gather(*[plan.call(job, c) for c in calls], return_exceptions=True)
    for problem in done:
        if isinstance(problem, asyncio.CancelledError):
            raise problem
    results = [failure_of(d) if isinstance(d, BaseException) else d["result"] for d in done]
    return plan.combine(job, calls, results)


async def self_check(reward: PlannedReward) -> str:
    """Have a reward that can (a served one) look at scores of built-in texts, once.

    Returns:
        A sentence for the person, such as that its scores look squashed; or "".
    """
    inner = reward.reward if isinstance(reward, Batched) else reward
    probe = getattr(inner, "probe", None)
    return str(await probe()) if probe else ""
