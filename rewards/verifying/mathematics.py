"""Whether the last expression of an answer equals an expected one (extra `verify`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.messages import AnyMessage

from ...core.errors import ConfigError, evidence
from ...core.reference_mark import named_by
from ..base import Score, scored, unscored
from ..planned_reward import Job
from .checking_child import CheckingChild

CHILD = Path(__file__).with_name("math_child.py")
START_SECONDS = 60.0  # to import a computer algebra system on a busy machine
SECONDS = 10.0
NOTHING_READ = "no mathematical expression could be read in the answer"


@dataclass(frozen=True)
class MathReward:
    """1 if the last expression of an answer equals the expected one, else 0.

    A comparison that does not end is stopped, and is a failed score of that answer only.

    Args:
        expected: An expression, plain (`1+x^2`) or LaTeX; of a number with words, the number.
        seconds: What one comparison may take.
    """

    expected: str = field(repr=False)
    seconds: float = SECONDS
    batch_size: int | None = None
    notice: str = ""

    @property
    def name(self) -> str:
        """`verify:math` and a mark of the expression, which is never told."""
        return named_by("math", self.expected)

    async def ready(self, job: Job) -> None:
        """Make sure that the expected expression can be read: it is compared with itself.

        Raises:
            ConfigError: it cannot be.
        """
        (score,) = await self._in_child([self.expected])
        if score["error"]:
            raise ConfigError(f"{self.name}: {score['error']}")

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Compare the answers, all in one process unless one of them hangs it."""
        scores: list[Score] = []
        while len(scores) < len(answers):  # ends: each pass adds one at least
            scores += await self._in_child(answers[len(scores) :])
        return scores

    async def _in_child(self, answers: Sequence[str]) -> list[Score]:
        """Compare until all are done, or one takes too long."""
        child = CheckingChild[str | list[Any]](
            CHILD, "comparing mathematics", self.seconds, START_SECONDS
        )
        task = {"expected": self.expected, "answers": list(answers)}
        done = [verdict_of(one) for one in await child.verdicts(task, len(answers))]
        if len(done) == len(answers):
            return done
        limit = self.seconds if done else self.seconds + START_SECONDS
        return [*done, unscored(f"its expression was not compared within {limit:g} s")]


def verdict_of(verdict: str | list[Any]) -> Score:
    """Return the score that a line of the process stands for."""
    return unscored(verdict) if isinstance(verdict, str) else scored(verdict[0], read_as(verdict))


def read_as(verdict: Sequence[object]) -> str:
    """Return what is said of an answer that is not equal: what was read in it.

    Example:
        >>> read_as([0.0, "3/4"])
        'not the expected value; read as the answer: 3/4'
    """
    if not verdict[1:]:
        return ""
    found = evidence(verdict[1])
    return f"not the expected value; read as the answer: {found}" if found else NOTHING_READ
