"""One answer's score as soon as it is there: the call that makes it, saved; and for `rank`, found.

A saved task is found again by its place in the order of a step alone. So the task of a score
begins before its answer is there, and waits for it: whichever comes first, a resumed run begins
the same tasks in the same order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import Any, cast

from ...core import usage
from ...core.early import Early, EarlyScore
from ...core.hidden_argument import Held
from ...core.pool import scored_texts
from ...core.state import Candidate, Score
from ...core.usage import Cost, add_costs, brief
from ...models.failures.caused_by import said_by
from ...rewards.marked_call import count_saved, make_call, mark_of
from ...rewards.planned_reward import Called, Job, PlannedReward
from ...rewards.readiness import rates_alone
from .durable import Left
from .run_models import RunModels
from .saved_score import Role, Work, request_rewards

NOTHING = Called[Any](result=[], cost={}, mark="")
Coming = asyncio.Future[Candidate | None]  # an answer, or none, once its request has come back


@dataclass
class EarlyScores:
    """The scores of one step's answers, each text's once (local to one node call).

    Attributes:
        reward: One that rates each answer by itself.
        role: What the scores are for.
        nothing: The round, without answers.
        gate: How many calls may be made at the same time.
        begin: Is called when a score is going to be paid, or turns out to be.
        tell: Is called with a text and its score.
        left: What an interrupted run left of this step, if it was interrupted.
        made: The scores so far, by text.
    """

    reward: PlannedReward
    role: Role
    nothing: Job
    gate: asyncio.Semaphore
    begin: Callable[[], None]
    tell: Callable[[str, Score], None]
    left: asyncio.Future[Left] | None = None
    made: dict[str, EarlyScore] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._taken = set(scored_texts(self.nothing.pool))

    async def score(self, coming: Coming) -> None:
        """Score an answer that is still to come; a copy of another is not scored again."""
        held = Held[Work](partial(self.pay, coming), self.reward.name)
        ended = await asyncio.gather(request_rewards(held), return_exceptions=True)
        candidate = await coming
        if candidate is None or candidate["text"] in self.made:
            return
        text, [end] = candidate["text"], ended
        job, call, mark = one_call(self.reward, self.role, self.nothing, text)
        if not isinstance(end, BaseException):
            if end["mark"] != mark:  # nothing, or saved for a reward that was replaced
                return
            if not held.taken:
                self.begin()
                count_saved(job.budget, end)
        result, paid = outcome(end)
        (score,) = self.reward.combine(job, [call], [result])
        made = EarlyScore(mark=mark, score={**score}, cost=brief(paid))
        self.made[text] = {**made, **said_by(end)}
        self.tell(text, score)

    async def pay(self, coming: Coming) -> Called:
        """Wait for an answer, and make the call that scores it; this is what is saved."""
        candidate = await coming
        if candidate is None or candidate["text"] in self._taken:
            return NOTHING
        text = candidate["text"]
        self._taken.add(text)
        job, call, mark = one_call(self.reward, self.role, self.nothing, text)
        if self.left and (paid := (await self.left).results.get(mark)):  # then, for a copy of it
            return cast("Called", paid)
        self.begin()
        return await make_call(self.reward, job, call, self.gate, job.settings.timeout, mark)


def outcome(end: Called | BaseException) -> tuple[object, Cost]:
    """Return what a call brought, or its error, and what it cost."""
    if isinstance(end, Exception):
        return end, getattr(end, "cost", usage.cost())
    if isinstance(end, BaseException):
        raise end
    return end["result"], usage.cost(**end["cost"])


def one_call(reward: PlannedReward, role: Role, nothing: Job, text: str) -> tuple[Job, object, str]:
    """Return the one call that scores a text alone, with its job and its mark."""
    job = replace(nothing, answers=[text])
    (call,) = reward.plan(job)
    return job, call, mark_of(role, reward, job, call)


def found_early(
    early: Early, run: RunModels, role: Role, reward: PlannedReward, texts: Sequence[str]
) -> dict[str, Score]:
    """Return what is known of texts before they are ranked; a resumed run asks failures again."""
    if not early["scores"] or not rates_alone(reward):
        return {}
    kept = {
        one["mark"]: cast("Score", one["score"])
        for one in early["scores"]
        if early["run"] == run.key or one["score"].get("failure") != "unscored"
    }
    marks = {text: one_call(reward, role, Job([], []), text)[2] for text in texts}
    return {text: kept[mark] for text, mark in marks.items() if mark in kept}


def early_cost(early: Early) -> Cost:
    """Return what the early scores cost."""
    return reduce(add_costs, [usage.cost(**one["cost"]) for one in early["scores"]], usage.cost())
