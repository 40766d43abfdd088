"""Answers scored as they arrive, beside the requests that are still out; `rank` finds them scored.

A saved task is found again by its place in the order of a step alone. So the task of each score
begins right after the requests, and waits for its text: whichever answer comes first, a resumed
run begins the same tasks in the same order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from types import TracebackType

from langchain_core.messages import AnyMessage

from ...core import usage
from ...core.events import Emitter
from ...core.pool import score_event, scored_texts, with_reward
from ...core.state import Candidate, Early, EarlyScore, Score
from ...core.usage import Cost, add_costs, brief
from ...models.budget import Budget
from ...rewards.planned_reward import Called, Job, PlannedReward, rates_alone, requests_to_score
from ...rewards.remarks import hearing
from .durable import Held, left_behind
from .run_models import RunModels
from .saved_request import Brought, CandidateRequest, saved_request
from .saved_score import Role, count_saved, make_call, mark_of, request_rewards

NOTHING = Called[object](result=[], cost={}, mark="")
Coming = asyncio.Future[Candidate | None]  # an answer, once its request has come back


@dataclass
class Arrivals:
    """What arrives in a step; scored at once if the reward rates each answer by itself.

    Local to one node call, as an async context: the last score is in when it ends.

    Attributes:
        run: The run's rewards and settings.
        emit: Sends events.
        messages: The conversation.
        pool: The candidates of the rounds before.
        degraded: Whether the fallback ranks.
        budget: What the step may still cost.
        gate: How many requests to models may be under way at the same time.
        scores: What was scored so far, by text.
        begun: The texts whose scores are paid, or being paid for.
    """

    run: RunModels
    emit: Emitter
    messages: Sequence[AnyMessage]
    pool: Sequence[Candidate]
    degraded: bool
    budget: Budget
    gate: asyncio.Semaphore
    scores: dict[str, EarlyScore] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.reward = self.run.ranking(degraded=self.degraded)
        self.role: Role = "fallback" if self.degraded else "reward"
        self._alone = rates_alone(self.reward)
        self._arrived: list[Candidate] = []
        self._later: list[Coming] = []  # came without a task for its score
        self._tasks: list[asyncio.Task[None]] = []
        self._kept = 0
        if not requests_to_score(self.reward, 1):  # it asks no model, so none is in its way
            self.gate = asyncio.Semaphore(self.run.context.max_concurrency)

    async def __aenter__(self) -> Arrivals:
        self._left = await left_behind() if self._alone else ({}, {})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        for task in self._tasks if kind else ():
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in () if kind else ended:
            if isinstance(end, BaseException):
                raise end

    @property
    def early(self) -> Early:
        """What `rank` is to know."""
        return Early(run=self.run.key, scores=list(self.scores.values()))

    def to_score(self, answers: int) -> int:
        """Return how many requests it takes to score so many answers of the round."""
        return requests_to_score(self.reward, answers, self.pool)

    def keep(self, answers: int) -> None:
        """Keep back what the scores of so many answers cost: without one no answer counts."""
        self.budget.count(requests=self.to_score(answers) - self.to_score(self._kept))
        self._kept = answers

    def arrive(self, candidate: Candidate | None) -> Coming:
        """Take an answer, or that there is none."""
        coming: Coming = asyncio.get_running_loop().create_future()
        self._came(coming, candidate)
        self._later.append(coming)
        return coming

    async def draw(self, asked: Sequence[CandidateRequest]) -> list[Brought | BaseException]:
        """Send requests, and score what there is and what comes while others are out.

        What a single request brings has nothing to wait for: `rank` scores it.
        """
        loop, later = asyncio.get_running_loop(), self._later
        coming = {place: loop.create_future() for one in asked for place in one.places}
        draws = [asyncio.ensure_future(self._draw(one, coming)) for one in asked]
        if self._alone and asked:
            self._later = [] if len(asked) > 1 else [*coming.values()]
            begin = [*later, *coming.values()] if len(asked) > 1 else later
            self._tasks += [asyncio.ensure_future(self._score(one)) for one in begin]
        return await asyncio.gather(*draws, return_exceptions=True)

    async def _draw(self, asked: CandidateRequest, coming: dict[int, Coming]) -> Brought:
        came: Sequence[Candidate] = ()
        try:
            brought = await saved_request(asked)
            texts, _ = self._left
            came = asked.came or [texts[key] for key in asked.keys if key in texts]
            return brought
        finally:
            found = {candidate["index"]: candidate for candidate in came}
            for place in asked.places:
                self._came(coming[place], found.get(place))

    def _came(self, coming: Coming, candidate: Candidate | None) -> None:
        if candidate and candidate["error"] is None:
            self._arrived.append(candidate)
            if known := self.scores.get(candidate["text"]):
                self.emit("reward", score_event(candidate, known["score"]))
            coming.set_result(candidate)
        else:
            coming.set_result(None)

    def _call(self, text: str) -> tuple[Job, object, str]:
        """Return the one call that scores a text, and its mark."""
        job = Job(self.messages, [text], with_reward(self.pool), self.budget, self.run.context)
        (call,) = self.reward.plan(job)
        return job, call, mark_of(self.role, self.reward, job, call)

    async def _score(self, coming: Coming) -> None:
        held, result = Held(partial(self._pay, coming), self.reward.name), None
        done, paid = None, usage.cost()
        try:
            with hearing(self.emit.notice):
                done = await request_rewards(held)
        except Exception as error:  # noqa: BLE001  it is what `combine` makes a failed score of
            result, paid = error, getattr(error, "cost", paid)
        candidate = await coming
        if done and not held.taken:
            count_saved(self.budget, done)
        if candidate is None or candidate["text"] in self.scores:
            return
        job, call, mark = self._call(candidate["text"])
        if done and done["mark"] != mark:  # nothing, or saved for a reward that was replaced
            return
        if done:
            result, paid = done["result"], usage.cost(**done["cost"])
        (score,) = self.reward.combine(job, [call], [result])
        self.scores[candidate["text"]] = EarlyScore(mark=mark, score=score, cost=brief(paid))
        for one in self._arrived:
            if one["text"] == candidate["text"]:
                self.emit("reward", score_event(one, score))

    async def _pay(self, coming: Coming) -> Called:
        candidate = await coming
        if candidate is None or candidate["text"] in {*scored_texts(self.pool), *self.begun}:
            return NOTHING
        self.begun.add(candidate["text"])
        job, call, mark = self._call(candidate["text"])
        _, left = self._left
        if mark in left:  # paid for another place, before the run was interrupted
            return left[mark]
        self.keep(max(0, self._kept - 1))  # this is what was kept for it
        seconds = self.run.context.timeout
        return await make_call(self.reward, job, call, self.gate, seconds, mark)


def early_scores(
    early: Early, run: RunModels, role: Role, reward: PlannedReward, texts: Sequence[str]
) -> dict[str, Score]:
    """Return what is known of texts before they are ranked; a resumed run asks failures again."""
    marked = {one["mark"]: one["score"] for one in early["scores"]}
    found: dict[str, Score] = {}
    for text in texts if marked else ():
        job = Job([], [text])
        score = marked.get(mark_of(role, reward, job, reward.plan(job)[0]))
        if score and (early["run"] == run.key or score.get("failure") != "unscored"):
            found[text] = score
    return found


def early_cost(early: Early) -> Cost:
    """Return what the early scores cost."""
    return reduce(add_costs, [usage.cost(**one["cost"]) for one in early["scores"]], usage.cost())
