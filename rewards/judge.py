"""A language model as reward: it rates each answer by a rubric, 1 to 9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.conversation import read_conversation
from ..models.policy import PolicyLike, resolve_policy
from ..prompts import judge as prompts
from .ask_verdict import ask_verdict, judge_name
from .base import Score, scored, unscored
from .plan import Called, Failure, Job
from .verdict import Form

RATING = Form(
    values={str(digit): float(digit) for digit in range(1, 10)},
    plain=prompts.DIGIT_OUTPUT,
    as_json=prompts.RATING_OUTPUT,
    key="rating",
    schema=prompts.RATING_SCHEMA,
)


@dataclass(frozen=True)
class Judge:
    """Rates every answer by itself; the ratings of all rounds are comparable.

    A verdict that cannot be read is a failed score, never a number.

    Args:
        model: The judging model or its spec; it may be another one than the policy.
        rubric: What to judge by, as a list of questions.

    Example:
        >>> Judge("openai:gpt-5-mini", rubric="- Is it polite?").name
        'judge:openai:gpt-5-mini#975f11'
    """

    model: PolicyLike
    rubric: str = prompts.RUBRIC
    notice: str = ""

    @property
    def name(self) -> str:
        """`judge:`, the model, and a mark of the rubric where it is not ours."""
        return judge_name("judge", self.model, self.rubric)

    def plan(self, job: Job) -> list[Any]:
        """One call per answer."""
        return list(range(len(job.answers)))

    async def call(self, job: Job, call: Any) -> Called:
        """Rate one answer."""
        query = read_conversation(job.messages).text
        answer = job.answers[int(call)]
        rating, paid = await ask_verdict(
            await resolve_policy(self.model),
            lambda output: prompts.rate(query, answer, self.rubric, output),
            RATING,
        )
        return Called(result=rating, cost=paid)

    def settled(self, job: Job, call: Any, result: Any) -> list[tuple[int, Score]]:  # noqa: ARG002
        """A rating is final."""
        return [(call, scored(result))]

    def combine(self, job: Job, calls: Sequence[Any], results: Sequence[Any]) -> list[Score]:  # noqa: ARG002
        """Take the ratings as they are."""
        return [unscored(r.why) if isinstance(r, Failure) else scored(r) for r in results]
