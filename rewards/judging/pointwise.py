"""A language model as reward: it rates each answer by a rubric, 1 to 9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...prompts import judge as prompts
from ..base import Score, failed, scored
from ..planned_reward import Job
from .language_judge import LanguageJudge
from .reasons import Number, parted
from .verdict import Choice

RATING = Choice(
    values={str(digit): float(digit) for digit in range(1, 10)},
    plain=prompts.DIGIT_OUTPUT,
    as_json=prompts.RATING_OUTPUT,
    key="rating",
    schema=prompts.RATING_SCHEMA,
)


@dataclass(frozen=True)
class Judge(LanguageJudge[int, Number]):
    """Rates every answer by itself; the ratings of all rounds are comparable.

    Args:
        model: The judging model or its spec; it may be another one than the policy.
        rubric: What to judge by, as a list of questions.
        reasons: Whether it says why, in the words that critics then see.

    Example:
        >>> Judge("openai:gpt-5-mini", rubric="- Is it polite?").name
        'judge:openai:gpt-5-mini#975f11'
    """

    kind = "judge"
    rates_alone = True

    @property
    def kept_as(self) -> list[str]:
        """Ratings that came after their reasons, as they did at first, are another scale."""
        return [self.option, "rating first"] if self.reasons else []

    def plan(self, job: Job) -> list[int]:
        """One call per answer."""
        return list(range(len(job.answers)))

    def question(self, job: Job, call: int, output: str = "") -> str:
        """Ask for the rating of one answer."""
        query, [answer] = self.texts(job, [job.answers[int(call)]])
        return prompts.rate(query, answer, self.rubric, output)

    def form(self, call: int) -> Choice:
        """One digit."""
        return RATING

    def settled(self, job: Job, call: int, result: Number) -> list[tuple[int, Score]]:
        """A rating is final."""
        return [(call, scored(*parted(result)))]

    def combine(
        self, job: Job, calls: Sequence[int], results: Sequence[Number | Exception]
    ) -> list[Score]:
        """Take the ratings as they are."""
        return [failed(r) if isinstance(r, Exception) else scored(*parted(r)) for r in results]
