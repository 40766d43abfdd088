"""How answers are scored: the paid calls that it takes, and how their results become scores.

The way of a score::

    what a user's function returns
      -> Score      from `Reward.score`, checked once (base.py)
      -> Called     from `PlannedReward.call`: the call's result, saved as it is
      -> Score      from `PlannedReward.combine`
      -> Candidate  the record of the pool, which has the fields of its Score (core/state.py)

A plain `Reward` takes batches of answers. Rewards that compare answers with each other,
or combine several rewards, need calls of their own and see the pool; they are
`PlannedReward`s. Whoever scores knows only this form, and calls `score_job`. The rank node
saves every call by itself, so a crash in mid-round repeats none that was finished.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NotRequired, Protocol, runtime_checkable

from langchain_core.messages import AnyMessage
from typing_extensions import TypedDict, TypeVar

from ..core.context import Context
from ..core.errors import RewardError, evidence
from ..core.pool import reward_of, with_reward
from ..core.state import Candidate, Score
from ..models.budget import Budget
from .base import Reward, checked, failed
from .query_criteria import Criteria, keep_criteria

CallT = TypeVar("CallT", default=Any)
"""One call as its reward plans it: plain JSON, as it is saved."""
ResultT = TypeVar("ResultT", default=Any)
"""What a call of the reward brings: plain JSON too."""


class Called(TypedDict, Generic[ResultT]):
    """What one call brought: plain JSON, as it is saved."""

    result: ResultT
    cost: Mapping[str, Any]
    """A `Cost`, whole or in brief: what the call cost in model requests."""
    mark: NotRequired[str]
    """Which call it was, once it is saved; see nodes/paid/saved_score.py."""


@dataclass(frozen=True)
class Job:
    """One round to be scored.

    Attributes:
        messages: The conversation.
        answers: The new answers.
        pool: The candidates that were scored before, the earliest first.
        budget: What it may still cost, for rewards that ask a model.
        settings: Those of the run, for rewards that ask a model.
        criteria: What was written for this query to check its answers for, by the rewards'
            names. `score_job` adds what is written now; it holds for the whole turn.
    """

    messages: Sequence[AnyMessage]
    answers: Sequence[str]
    pool: Sequence[Candidate] = ()
    budget: Budget = field(default_factory=Budget, repr=False, compare=False)
    settings: Context = field(default_factory=Context)
    criteria: Criteria = field(default_factory=dict, compare=False)

    @property
    def leader(self) -> Candidate | None:
        """The pool's best, the earliest on a tie."""
        return max(self.pool, key=reward_of, default=None)


@runtime_checkable
class PlannedReward(Protocol[CallT, ResultT]):
    """A reward that says which calls a round takes.

    `plan` and `combine` are pure and cheap; only `call` pays. A call that raised has its
    error for its result when it comes to `combine`. An error with a `cost` (a `Cost`)
    says what was paid all the same.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def notice(self) -> str: ...  # noqa: D102

    def plan(self, job: Job) -> list[CallT]:
        """Return the calls, each as plain JSON, always in the same order."""
        ...

    async def call(self, job: Job, call: CallT) -> Called[ResultT]:
        """Make one call."""
        ...

    def settled(self, job: Job, call: CallT, result: ResultT) -> list[tuple[int, Score]]:
        """Return the answers' places whose score is final after this call alone."""
        ...

    def combine(
        self, job: Job, calls: Sequence[CallT], results: Sequence[ResultT | Exception]
    ) -> list[Score]:
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

    def plan(self, job: Job) -> list[list[int]]:
        """Return `[first, end]` places of each batch."""
        size = self.reward.batch_size or max(1, len(job.answers))
        count = len(job.answers)
        return [[i, min(i + size, count)] for i in range(0, count, size)]

    async def call(self, job: Job, call: list[int]) -> Called[list[Score]]:
        """Score one batch.

        Raises:
            RewardError: every score failed, so that a resumed run asks again.
        """
        first, end = call
        scores = await checked(self.reward, job.messages, job.answers[first:end])
        if all(score.get("failure") == "unscored" for score in scores):
            raise RewardError(scores[0]["error"])
        return Called(result=scores, cost={})

    def settled(self, job: Job, call: list[int], result: list[Score]) -> list[tuple[int, Score]]:
        """Every score of a batch is final."""
        return list(enumerate(result, start=call[0]))

    def combine(
        self, job: Job, calls: Sequence[list[int]], results: Sequence[list[Score] | Exception]
    ) -> list[Score]:
        """Join the batches."""
        scores: list[Score] = []
        for (first, end), result in zip(calls, results, strict=True):
            if isinstance(result, Exception):
                scores += [failed(result)] * (end - first)
            else:
                scores += result
        return scores


def planned(reward: Reward | PlannedReward) -> PlannedReward:
    """Return a reward in the form that `score_job` takes."""
    return reward if isinstance(reward, PlannedReward) else Batched(reward)


async def score_job(
    reward: PlannedReward[CallT, ResultT],
    job: Job,
    ask: Callable[[CallT], Awaitable[Called[ResultT]]],
) -> list[Score]:
    """Plan the calls of a job, make them at once, then further ones, and combine the results.

    Args:
        reward: The reward.
        job: The conversation, the new answers, the pool.
        ask: Makes one call.

    Returns:
        One score per answer; a call that raised leaves its answers unscored.
    """
    results: list[ResultT | Exception] = []
    calls, further = list[CallT](), reward.plan(job)
    while further:
        calls += further
        ended = await asyncio.gather(*[ask(call) for call in further], return_exceptions=True)
        for end in ended:
            if isinstance(end, asyncio.CancelledError):
                raise end
            if isinstance(end, BaseException):  # one of a reward's own fails this call only
                results.append(end if isinstance(end, Exception) else RewardError(evidence(end)))
            else:
                results.append(end["result"])
        keep_criteria(reward, calls, results, job.criteria)
        further = plan_further(reward, job, calls, results)
    return reward.combine(job, calls, results)


def plan_further(
    reward: PlannedReward[CallT, Any], job: Job, calls: Sequence[CallT], results: Sequence[Any]
) -> list[CallT]:
    """Return the calls that a reward makes after the first ones, if it does so at all.

    Args:
        reward: The reward; only some have a `plan_further`, such as a mix with constraints.
        job: The round.
        calls: All calls so far, in their order.
        results: What each brought, or its error.
    """
    further = getattr(reward, "plan_further", None)
    return list(further(job, calls, results)) if further else []


async def score_now(
    reward: Reward | PlannedReward,
    messages: Sequence[AnyMessage],
    answers: Sequence[str],
    criteria: Criteria | None = None,
) -> list[Score]:
    """Score answers outside a run, where nothing is saved.

    Args:
        reward: The reward.
        messages: The conversation.
        answers: Answers to it.
        criteria: What was written for this conversation before; what is written now is added.

    Returns:
        One score per answer; a call that raised leaves its answers unscored.
    """
    known = {} if criteria is None else criteria
    plan, job = planned(reward), Job(messages, answers, criteria=known)
    return await score_job(plan, job, lambda call: plan.call(job, call))


def requests_to_score(reward: PlannedReward, answers: int, pool: Sequence[Candidate] = ()) -> int:
    """Return how many model requests a reward sends for new answers at most, retries aside.

    Args:
        reward: The reward; it has a method `requests(job)` if it asks language models.
        answers: How many there are, all different.
        pool: The candidates of the rounds before.
    """
    requests: Callable[[Job], int] | None = getattr(reward, "requests", None)
    if requests is None:
        return 0
    return requests(Job([], [str(i) for i in range(answers)], with_reward(pool)))
