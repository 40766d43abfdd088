"""A function that checks answers, named by a spec: an `assert` of its own may say what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from ..base import Score, scored
from ..function import FunctionReward

NO_WORDS = "an assertion failed"


@dataclass(frozen=True)
class Verifier(FunctionReward):
    """A function whose failed `assert` is a verdict: 0, with its text as the reason.

    Anything else that it raises is a failed score. Of an assertion without a text no more is told:
    its line in the source may hold the reference answer.

    Example:
        >>> def brief(query: str, answer: str) -> float:
        ...     assert len(answer) < 80, f"{len(answer)} characters; at most 80 are wanted"
        ...     return 1.0
        >>> Verifier(brief).name
        'brief'
    """

    async def _score(self, query: str, answer: str) -> Score:
        try:
            return await super()._score(query, answer)
        except AssertionError as failed:
            return scored(0.0, str(failed) or NO_WORDS)
