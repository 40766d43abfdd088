"""A judge whose verdicts are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, Self

from ...core.usage import Cost
from ...prompts.judge import JUDGE_SYSTEM
from ..base import Score
from ..judging.form_known import form_known
from ..judging.language_judge import LanguageJudge
from ..planned_reward import Called, CallT, Job, ResultT, plan_further
from ..query_criteria import Criteria, criteria_in
from .score_cache import ScoreCache


@dataclass(frozen=True)
class CachedJudge(Generic[CallT, ResultT]):
    """A judge whose verdicts are kept; made by `cached`. Ratings are computed from them again."""

    judge: LanguageJudge[CallT, ResultT]
    store: ScoreCache
    identity: str

    @property
    def name(self) -> str:
        """The judge's name: the verdicts are the same."""
        return self.judge.name

    @property
    def notice(self) -> str:
        """The judge's notice."""
        return self.judge.notice

    @property
    def relative(self) -> bool:
        """Whether the judge compares."""
        return self.judge.relative

    @property
    def rates_alone(self) -> bool:
        """Whether the judge rates each answer by itself."""
        return self.judge.rates_alone

    async def ready(self, job: Job) -> Cost:
        """Make sure of the judge; what it says there is kept as well."""
        return await form_known(self, self.judge.kind + self.judge.option, self.judge.model, job)

    def asked_again(self, score: Score, nth: int) -> Self | None:
        """Return the judge to ask about an answer once more; that verdict is kept as well."""
        if (judge := self.judge.asked_again(score, nth)) is None:
            return None
        return replace(self, judge=judge, identity=f"{self.identity} ({nth})")

    def limits_itself(self, call: CallT) -> bool:
        """The judge does."""
        return self.judge.limits_itself(call)

    def plan(self, job: Job) -> list[CallT]:
        """Return the judge's calls."""
        return self.judge.plan(job)

    def plan_further(
        self, job: Job, calls: Sequence[CallT], results: Sequence[ResultT | Exception]
    ) -> list[CallT]:
        """Return the judge's further calls."""
        return plan_further(self.judge, job, calls, results)

    def criteria_in(
        self, calls: Sequence[CallT], results: Sequence[ResultT | Exception]
    ) -> Criteria:
        """Return the criteria that the judge has written for the query."""
        return criteria_in(self.judge, calls, results)

    def requests(self, job: Job) -> int:
        """Return what the judge takes if nothing is known yet."""
        return self.judge.requests(job)

    async def call(self, job: Job, call: CallT) -> Called[ResultT]:
        """Look the verdict up, or ask for it."""
        question = self.judge.question(job, call)
        key = self.store.key(self.identity, JUDGE_SYSTEM.text, question, *self.judge.kept_as)
        known = await self.store.known([key])
        if key in known:
            return Called(result=known[key], cost={})
        done = await self.judge.call(job, call)
        if done["result"] != []:  # nothing came of it, as of criteria that could not be written
            await self.store.keep({key: done["result"]})
        return done

    def settled(self, job: Job, call: CallT, result: ResultT) -> list[tuple[int, Score]]:
        """Return what the judge says is final."""
        return self.judge.settled(job, call, result)

    def combine(
        self, job: Job, calls: Sequence[CallT], results: Sequence[ResultT | Exception]
    ) -> list[Score]:
        """Have the judge make ratings of its verdicts."""
        return self.judge.combine(job, calls, results)
