"""The answers of a step as they arrive: scored at once, beside the requests that are still out.

Only if the reward rates each answer by itself. What compares answers, or takes several at once,
waits for the whole round: `rank` asks it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self, cast

from ...core.early import Early
from ...core.events import Emitter
from ...core.pool import score_event
from ...core.state import Candidate, Score
from ...rewards.planned_reward import Job, requests_to_score
from ...rewards.readiness import rates_alone
from ...rewards.remarks import hearing
from .durable import left_behind
from .early_scores import Coming, EarlyScores
from .run_models import RunModels
from .saved_request import Brought, CandidateRequest, saved_request
from .saved_score import Role


class Arrivals:
    """What arrives in a step (local to one node call); as a context it waits for the last score.

    Args:
        run: The run's rewards and settings.
        emit: Sends events.
        nothing: The round, without answers.
        degraded: Whether the fallback ranks.
        gate: How many requests to models may be under way at the same time.
    """

    def __init__(
        self,
        run: RunModels,
        emit: Emitter,
        nothing: Job,
        degraded: bool,
        gate: asyncio.Semaphore,
    ) -> None:
        self.run, self.emit, self.nothing = run, emit, nothing
        reward = run.ranking(degraded=degraded)
        self.reward, self.alone = reward, rates_alone(reward)
        role: Role = "fallback" if degraded else "reward"
        if not self.to_score(1):  # one that asks a model takes its turn with the policy
            gate = asyncio.Semaphore(run.context.max_concurrency)
        self.scores = EarlyScores(reward, role, nothing, gate, self.begin, self.tell)
        self.begun = self._kept = 0  # scores that are paid for, and those that are to be
        self._arrived: list[Candidate] = []
        self._unasked: list[Coming] = []  # came, and no task of this step scores them yet
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        for task in self._tasks if kind else ():
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=bool(kind))

    @property
    def early(self) -> Early:
        """What `rank` is to know."""
        return Early(run=self.run.key, scores=list(self.scores.made.values()))

    def to_score(self, answers: int) -> int:
        """Return how many requests it takes to score this many answers of the round."""
        return requests_to_score(self.reward, answers, self.nothing.pool)

    def keep(self, answers: int) -> None:
        """Keep back what the scores of some answers cost: without one no answer counts."""
        more = self.to_score(answers) - self.to_score(self._kept)
        self.nothing.budget.count(requests=more)
        self._kept = answers

    def arrive(self, candidate: Candidate | None, coming: Coming | None = None) -> None:
        """Take an answer, or that there is none."""
        here = candidate if candidate and candidate["error"] is None else None
        if here:
            self._arrived.append(here)
            if known := self.scores.made.get(here["text"]):
                self.emit("reward", score_event(here, cast("Score", known["score"])))
        if coming is None:  # a draft: it was there before
            coming = asyncio.get_running_loop().create_future()
            self._unasked.append(coming)
        if not coming.done():
            coming.set_result(here)

    async def draw(self, asked: Sequence[CandidateRequest]) -> list[Brought | BaseException]:
        """Send requests, and score what is there and what comes while others are out.

        What a single request brings has nothing to wait for: `rank` scores it, or a further pass.
        """
        loop = asyncio.get_running_loop()
        coming: dict[int, Coming] = {p: loop.create_future() for one in asked for p in one.places}
        draws = [asyncio.ensure_future(self.send(one, coming)) for one in asked]
        known, new = self._unasked, list(coming.values())
        begin, self._unasked = ([*known, *new], []) if len(asked) > 1 else (known, new)
        if self.alone:
            with hearing(self.emit.notice):
                self._tasks += [asyncio.ensure_future(self.scores.score(one)) for one in begin]
        return await asyncio.gather(*draws, return_exceptions=True)

    async def send(self, asked: CandidateRequest, coming: dict[int, Coming]) -> Brought:
        """Send one request, and take what it brings."""
        mine, came = {place: coming[place] for place in asked.places}, asked.came
        try:
            brought = await saved_request(asked)
            if not came and self.alone:  # saved, so the step was interrupted
                self.scores.left = self.scores.left or asyncio.ensure_future(left_behind())
                texts = (await self.scores.left).candidates
                came = [texts[key] for key in asked.keys if key in texts]
        except asyncio.CancelledError:  # nor is anything kept of the tasks that wait for it
            for future in mine.values():
                future.cancel()
            raise
        finally:
            found = {candidate["index"]: candidate for candidate in came}
            for place, future in mine.items():
                self.arrive(found.get(place), future)
        return brought

    def begin(self) -> None:
        """Note that a score is paid for, from what was kept back for it."""
        self.begun += 1
        self.keep(max(0, self._kept - 1))

    def tell(self, text: str, score: Score) -> None:
        """Say what a text scored, for every answer that has it."""
        for candidate in self._arrived:
            if candidate["text"] == text:
                self.emit("reward", score_event(candidate, score))
