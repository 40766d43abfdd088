"""What all judges share: a language model, a rubric, and one verdict per call."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar, Generic, Self

from ...core.conversation import read_conversation
from ...core.errors import SpecError
from ...core.prompt_template import clip
from ...core.ratings import ratings_of
from ...core.usage import Cost
from ...models.policy import PolicyLike, check_policy, model_name, resolve_policy
from ...prompts.judge import RUBRIC
from ..base import Score
from ..planned_reward import Called, CallT, Job, ResultT
from .ask import ask_verdict
from .form_known import form_known
from .reasons import Reasoned
from .spec_options import options_in, said
from .verdict import Form


@dataclass(frozen=True)
class LanguageJudge(ABC, Generic[CallT, ResultT]):
    """Base of the judges. A verdict that cannot be read is a failed score, never a number.

    Args:
        model: The judging model or its spec; it may be another one than the policy.
        rubric: What to judge by, as a list of questions.
        reasons: Whether it also says why, for output tokens.
        nth: Which time it is asked about the same, from 1, at a temperature; 0: once, soberly.

    Raises:
        ConfigError: the model cannot be one, or its spec is malformed.
    """

    model: PolicyLike
    rubric: str = RUBRIC
    notice: str = field(default="", kw_only=True)
    reasons: bool = field(default=False, kw_only=True)
    nth: int = field(default=0, kw_only=True)
    kind: ClassVar[str]  # as its spec begins
    rates_alone: ClassVar[bool] = False  # whether one call is one answer's score
    relative: ClassVar[bool] = False  # whether it compares: an answer alone has no rating then

    def __post_init__(self) -> None:
        check_policy(self.model)

    def __deepcopy__(self, memo: object) -> Self:
        """Return the same: nothing of it changes, and a model cannot be copied so deep."""
        return self

    @classmethod
    def from_spec(cls, rest: str, policy: PolicyLike) -> Self:
        """Return the judge that a spec names, or else the run's policy as judge.

        Args:
            rest: A policy spec or nothing; behind it `?reasons=1` has the judge say why.
            policy: The run's policy.

        Raises:
            SpecError: there is neither, or an option cannot be right.
        """
        spec, given = options_in(cls.kind, rest, ("reasons",))
        if model := spec or policy:
            return cls(model, reasons=said(given, False, f"{cls.kind}:{rest}"))
        raise SpecError(f"reward {cls.kind!r} names no model to judge with: {cls.kind}:openai:NAME")

    @property
    def name(self) -> str:
        """Its kind, the model, and a mark of the rubric if it is not ours."""
        digest = hashlib.sha256(self.rubric.encode()).hexdigest()
        mark = "" if self.rubric == RUBRIC else f"#{digest[:6]}"
        time = f" ({self.nth})" if self.nth and self.rates_alone else ""
        return f"{self.kind}:{model_name(self.model)}{self.option}{mark}{time}"

    @property
    def option(self) -> str:
        """What its spec says behind the model, if it says why."""
        return "?reasons=1" if self.reasons else ""

    @property
    def kept_as(self) -> list[str]:
        """What its kept verdicts go by beside the question."""
        return list(filter(None, [self.option]))

    @abstractmethod
    def plan(self, job: Job) -> list[CallT]:
        """Return the calls; see `PlannedReward`."""

    def requests(self, job: Job) -> int:
        """Return how many requests the round takes: one for each call."""
        return len(self.plan(job))

    async def call(self, job: Job, call: CallT) -> Called[ResultT]:
        """Ask for one verdict."""
        judge, question = await resolve_policy(self.model), partial(self.question, job, call)
        how = (self.asked(call), job.settings, job.budget)
        return await ask_verdict(judge, question, *how, nth=self.nth)

    async def ready(self, job: Job) -> Cost:
        """Make sure that the model is there and replies in the form; see `form_known`.

        Raises:
            Exception: whatever keeps it from judging.
        """
        return await form_known(self, self.kind + self.option, self.model, job)

    def asked_again(self, score: Score, nth: int) -> Self | None:
        """Return the judge to ask once more; a number between grades is a mean of all already."""
        graded = all(not rating % 1 for rating in ratings_of(score))
        return replace(self, nth=nth) if self.rates_alone and graded else None

    def limits_itself(self, call: CallT) -> bool:
        """Each attempt has the run's timeout."""
        return True

    def settled(self, job: Job, call: CallT, result: ResultT) -> list[tuple[int, Score]]:
        """A comparison settles nothing by itself."""
        return []

    @abstractmethod
    def combine(
        self, job: Job, calls: Sequence[CallT], results: Sequence[ResultT | Exception]
    ) -> list[Score]:
        """Turn the verdicts into scores; see `PlannedReward`."""

    def texts(self, job: Job, answers: Sequence[str]) -> tuple[str, list[str]]:
        """Return the query and answers as they are shown: clipped as the run says."""
        room = job.settings.clip_tokens
        query = read_conversation(job.messages).text
        return clip(query, room), [clip(answer, room) for answer in answers]

    @abstractmethod
    def question(self, job: Job, call: CallT, output: str = "") -> str:
        """Return what a call of a round asks, and how to reply: all its verdict depends on."""

    @abstractmethod
    def form(self, call: CallT) -> Form:
        """Return the verdicts that a call allows."""

    def asked(self, call: CallT) -> Form:
        """Return the same, with reasons if they are wanted."""
        form = self.form(call)
        return Reasoned(form, verdict_first=self.rates_alone) if self.reasons else form
