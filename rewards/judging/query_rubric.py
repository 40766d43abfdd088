"""A rubric whose criteria the judge writes for each query, once, before it marks the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from ...core.written_criterion import WrittenCriterion
from ...models.policy import check_policy
from ...prompts.judge import RUBRIC, rank
from ...prompts.write_criteria import MOST, ask_criteria
from ..base import Score, failed
from ..planned_reward import Called, Job
from ..query_criteria import Criteria
from ..remarks import remark
from .ask import VerdictError
from .contrast import Source, call_to_write, check_source, first_call, is_start, is_to_write
from .criteria import Criterion
from .groupwise import ranking_form
from .marks import Mark
from .rubric import Rubric
from .verdict import Form
from .written_criteria import WrittenCriteria, bounded

__all__ = ["QueryRubric", "Rubric"]


@dataclass(frozen=True)
class QueryRubric(Rubric):
    """A `Rubric` with 3 to 6 criteria that the judge writes for the query, in one request.

    They hold for the whole turn. None of them is essential, and beside criteria of your own they
    weigh no more than yours do together.

    Args:
        model: The judging model or its spec; it may be another one than the policy.
        criteria: Your own, which every answer is checked for; there may be none. If no others can
            be written for a query, they count alone.
        one_by_one: Whether each criterion takes a request of its own.
        reasons: Whether each mark says why.
        source: What they are written from: `query`, the request alone; or `contrast`, also the best
            and the worst of the first answers, as the judge ranks these in one request more. It
            sees there what answers of this model get right and wrong, and an answer may try to
            write criteria in its own favour. Without a difference the request alone is left.

    Raises:
        ConfigError: criteria or the source cannot be right.

    Example:
        >>> QueryRubric("openai:gpt-5-mini").name
        'rubric:auto:openai:gpt-5-mini'
    """

    criteria: Sequence[Criterion] = ()
    source: Source = field(default="query", kw_only=True)
    kind = "rubric:auto"

    def __post_init__(self) -> None:
        check_source(self.source)
        if self.criteria in ((), []):
            check_policy(self.model)
        else:
            super().__post_init__()

    @property
    def option(self) -> str:
        """What tells it from the usual: its source, and whether marks have reasons."""
        source = "" if self.source == "query" else f"?source={self.source}"
        return source + (super().option.replace("?", "&") if source else super().option)

    def plan(self, job: Job) -> list[list[int]]:
        """Return the calls for marks if there are criteria; else the first call for these."""
        if self.name not in job.criteria:
            return [first_call(job.answers, self.source)] if job.answers else []
        calls, places = super().plan(job), range(len(self.every(job)))
        return calls if self.one_by_one else [[*call, *places] for call in calls]

    def plan_further(
        self, job: Job, calls: Sequence[list[int]], results: Sequence[object]
    ) -> list[list[int]]:
        """Return the calls for marks, once criteria have been written; before, that for these."""
        if not calls or not is_start(calls[-1]):
            return []
        if self.name in job.criteria:
            return self.plan(job)
        return [] if is_to_write(calls[-1]) else [call_to_write(calls[-1], results[-1])]

    def criteria_in(self, calls: Sequence[list[int]], results: Sequence[object]) -> Criteria:
        """Return what was written for the query, if it was now."""
        found = [one for call, one in zip(calls, results, strict=True) if is_to_write(call)]
        if not found or isinstance(found[0], Exception):
            return {}
        return {self.name: bounded(self.criteria, cast("list[WrittenCriterion]", found[0]))}

    def requests(self, job: Job) -> int:
        """Return how many requests the round takes at most."""
        unknown = self.name not in job.criteria
        each = len(self.every(job)) + MOST * unknown if self.one_by_one else 1
        first = unknown and not job.pool and bool(job.answers)
        compares = first and self.source == "contrast" and len(job.answers) > 1
        return len(job.answers) * each + first + compares

    async def call(self, job: Job, call: list[int]) -> Called[list[Mark]]:
        """Ask for marks, or for criteria; if none come, the user's own are enough.

        Without a ranking of the first answers, criteria are written from the query alone.
        """
        try:
            return await super().call(job, call)
        except VerdictError as error:
            if not is_start(call) or (is_to_write(call) and not self.criteria):
                raise
            own = "only your own criteria count for this query"
            left = own if is_to_write(call) else "criteria are written from the query alone"
            remark(f"{self.name}: {left}: {error}")
            return Called(result=[], cost=error.cost)

    def every(self, job: Job) -> Sequence[Criterion]:
        """Return the user's criteria, and those that were written for the query."""
        written = (Criterion(**one) for one in job.criteria.get(self.name, ()))
        return [*self.criteria, *written]

    def question(self, job: Job, call: list[int], output: str = "") -> str:
        """Ask which criteria an answer passes, or for criteria, or for a ranking."""
        if not is_start(call):
            return super().question(job, call, output)
        query, shown = self.texts(job, [job.answers[place] for place in call[1:]])
        if not is_to_write(call):
            return rank(query, shown, RUBRIC, output)
        return ask_criteria(query, [one.name for one in self.criteria], output, shown)

    def form(self, call: list[int]) -> Form:
        """A mark for each criterion, a list of criteria, or an order."""
        if not is_start(call):
            return super().form(call)
        return WrittenCriteria() if is_to_write(call) else ranking_form(len(call) - 1)

    def settled(self, job: Job, call: list[int], result: list[Mark]) -> list[tuple[int, Score]]:
        """All marks of an answer are final."""
        return [] if is_start(call) else super().settled(job, call, result)

    def combine(
        self, job: Job, calls: Sequence[list[int]], results: Sequence[list[Mark] | Exception]
    ) -> list[Score]:
        """Sum the marks up; without criteria no answer has a score."""
        start = sum(map(is_start, calls))
        if start and isinstance(lost := results[start - 1], Exception):
            return [failed(lost) for _ in job.answers]
        return super().combine(job, calls[start:], results[start:])
