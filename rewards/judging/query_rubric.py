"""A rubric whose criteria the judge writes for each query, once, before it marks the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ...core.written_criterion import WrittenCriterion
from ...models.policy import check_policy
from ...prompts.write_criteria import MOST, ask_criteria
from ..base import Score, failed
from ..planned_reward import Called, Job
from ..query_criteria import Criteria
from ..remarks import remark
from .ask import VerdictError
from .criteria import Criterion
from .marks import Mark
from .rubric import Rubric
from .verdict import Form
from .written_criteria import WrittenCriteria, bounded

__all__ = ["QueryRubric", "Rubric"]

WRITE = list[int]()  # the call that is about no answer: it has criteria written


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

    Raises:
        ConfigError: two criteria have the same name, or a weight is not above 0.

    Example:
        >>> QueryRubric("openai:gpt-5-mini").name
        'rubric:auto:openai:gpt-5-mini'
    """

    criteria: Sequence[Criterion] = ()
    kind = "rubric:auto"

    def __post_init__(self) -> None:
        if self.criteria:
            super().__post_init__()
        else:
            check_policy(self.model)

    def plan(self, job: Job) -> list[list[int]]:
        """Return the calls for marks if there are criteria; else `WRITE`, about no answer."""
        if self.name not in job.criteria:
            return [WRITE] if job.answers else []
        calls, places = super().plan(job), range(len(self.every(job)))
        return calls if self.one_by_one else [[*call, *places] for call in calls]

    def plan_further(
        self, job: Job, calls: Sequence[list[int]], results: Sequence[object]
    ) -> list[list[int]]:
        """Return the calls for marks, once criteria have been written."""
        return self.plan(job) if [*calls] == [WRITE] and self.name in job.criteria else []

    def criteria_in(self, calls: Sequence[list[int]], results: Sequence[object]) -> Criteria:
        """Return what was written for the query, if it was now."""
        if WRITE not in calls or isinstance(results[0], Exception):
            return {}
        return {self.name: bounded(self.criteria, cast("list[WrittenCriterion]", results[0]))}

    def requests(self, job: Job) -> int:
        """Return how many requests the round takes at most."""
        unknown = self.name not in job.criteria
        each = len(self.every(job)) + MOST * unknown if self.one_by_one else 1
        writes = unknown and not job.pool and bool(job.answers)
        return len(job.answers) * each + writes

    async def call(self, job: Job, call: list[int]) -> Called[list[Mark]]:
        """Ask for marks, or for criteria; if none come, the user's own are enough."""
        try:
            return await super().call(job, call)
        except VerdictError as error:
            if call != WRITE or not self.criteria:
                raise
            remark(f"{self.name}: only your own criteria count for this query: {error}")
            return Called(result=[], cost=error.cost)

    def every(self, job: Job) -> Sequence[Criterion]:
        """Return the user's criteria, and those that were written for the query."""
        written = (Criterion(**one) for one in job.criteria.get(self.name, ()))
        return [*self.criteria, *written]

    def question(self, job: Job, call: list[int], output: str = "") -> str:
        """Ask which criteria an answer passes, or for criteria."""
        if call != WRITE:
            return super().question(job, call, output)
        return ask_criteria(self.texts(job, [])[0], [one.name for one in self.criteria], output)

    def form(self, call: list[int]) -> Form:
        """A mark for each criterion, or a list of criteria."""
        return super().form(call) if call != WRITE else WrittenCriteria()

    def settled(self, job: Job, call: list[int], result: list[Mark]) -> list[tuple[int, Score]]:
        """All marks of an answer are final."""
        return super().settled(job, call, result) if call != WRITE else []

    def combine(
        self, job: Job, calls: Sequence[list[int]], results: Sequence[list[Mark] | Exception]
    ) -> list[Score]:
        """Sum the marks up; without criteria no answer has a score."""
        start = list(calls[:1]) == [WRITE]
        if start and isinstance(lost := results[0], Exception):
            return [failed(lost) for _ in job.answers]
        return super().combine(job, calls[start:], results[start:])
