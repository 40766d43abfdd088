"""A language model as reward: it checks an answer against named criteria, each pass or fail.

`rubric_file` reads one from TOML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from ...prompts.judge import RUBRIC
from ...prompts.rubric import ask_marks, numbered
from ..base import Score, failed
from ..planned_reward import Job
from .criteria import Criterion, check_criteria, weighed
from .language_judge import LanguageJudge
from .marks import Mark, Marks, OneMark
from .verdict import Form


@dataclass(frozen=True)
class Rubric(LanguageJudge[list[int], list[Mark]]):
    """The weighted share of criteria that an answer passes, from 0 to 1; each mark says why.

    All criteria are judged in one request for each answer. An answer that fails an essential one
    is vetoed.

    Args:
        model: The judging model or its spec; it may be another one than the policy.
        criteria: 100 at most.
        one_by_one: Whether each criterion takes a request of its own: dearer, and for small models
            more exact.
        reasons: Whether each mark says why; without, it costs fewer output tokens, and a mark
            that is asked for one by one counts as likely as it is, where the server tells.

    Raises:
        ConfigError: they are not a list of `Criterion`, there is none, two have the same name, or
            a weight is not above 0.

    Example:
        >>> criteria = [Criterion("is polite", essential=True), Criterion("names the cause")]
        >>> Rubric("openai:gpt-5-mini", criteria).name
        'rubric:openai:gpt-5-mini#9fa0c7'
    """

    rubric: str = field(default=RUBRIC, init=False, repr=False)  # all that its name depends on
    criteria: Sequence[Criterion]
    one_by_one: bool = False
    reasons: bool = field(default=True, kw_only=True)
    kind = "rubric"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_criteria(self.criteria)
        object.__setattr__(self, "rubric", repr([tuple(vars(c).values()) for c in self.criteria]))

    @property
    def option(self) -> str:
        """What tells it from the usual, which has reasons."""
        return "" if self.reasons else "?reasons=0"

    def asked_again(self, score: Score, nth: int) -> Self | None:
        """Return the rubric to ask once more, if marks are words and not the judge's chances."""
        return replace(self, nth=nth) if self.reasons or not self.one_by_one else None

    def plan(self, job: Job) -> list[list[int]]:
        """Return `[answer]` for each answer; or `[answer, criterion]`, one by one."""
        answers, criteria = range(len(job.answers)), range(len(self.every(job)))
        if self.one_by_one:
            return [[answer, criterion] for answer in answers for criterion in criteria]
        return [[answer] for answer in answers]

    def question(self, job: Job, call: list[int], output: str = "") -> str:
        """Ask which criteria an answer passes."""
        query, [answer] = self.texts(job, [job.answers[call[0]]])
        asked = numbered([one.ask or one.name for one in self.meant(job, call)])
        return ask_marks(query, answer, asked, output)

    def every(self, job: Job) -> Sequence[Criterion]:
        """Return all criteria."""
        return self.criteria

    def meant(self, job: Job, call: list[int]) -> Sequence[Criterion]:
        """Return the criteria that a call is about."""
        every = self.every(job)
        return [every[place] for place in call[1:]] or every

    def form(self, call: list[int]) -> Form:
        """A mark for each criterion."""
        if self.one_by_one and not self.reasons:
            return OneMark()
        return Marks(len(call) - 1 or len(self.criteria), self.reasons)

    def asked(self, call: list[int]) -> Form:
        """The same: each mark has its own reason."""
        return self.form(call)

    def settled(self, job: Job, call: list[int], result: list[Mark]) -> list[tuple[int, Score]]:
        """All marks of an answer are final."""
        return [] if self.one_by_one else [(call[0], weighed(self.every(job), result))]

    def combine(
        self, job: Job, calls: Sequence[list[int]], results: Sequence[list[Mark] | Exception]
    ) -> list[Score]:
        """Sum the marks up; an answer with a mark that failed is unscored."""
        marks: list[list[Mark]] = [[] for _ in job.answers]
        errors: dict[int, Exception] = {}
        for (answer, *_), result in zip(calls, results, strict=True):
            if isinstance(result, Exception):
                errors.setdefault(answer, result)
            else:
                marks[answer] += result
        return [
            failed(errors[answer]) if answer in errors else weighed(self.every(job), own)
            for answer, own in enumerate(marks)
        ]
