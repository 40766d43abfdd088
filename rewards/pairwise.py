"""A language model as reward: it compares answers in pairs, and the wins become ratings.

Every pair is shown in both orders, so a judge that favours a place favours nobody. The
best answer of the earlier rounds takes part with its old rating, which ties the rounds
to one scale (Bradley-Terry, see `bradley_terry`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from ..core.conversation import read_conversation
from ..models.policy import PolicyLike, model_name, resolve_policy
from ..prompts import judge as prompts
from .base import Score, scored, unscored
from .bradley_terry import ratings
from .plan import FAILED, Called, Job
from .verdict import Form, ask_verdict

BETTER = Form(
    values={"A": 1.0, "B": 0.0, "T": 0.5},
    plain=prompts.LETTER_OUTPUT,
    as_json=prompts.VERDICT_OUTPUT,
    key="better",
    schema=prompts.VERDICT_SCHEMA,
)


@dataclass(frozen=True)
class PairwiseJudge:
    """Compares each new answer with each other and with the best so far, in both orders.

    N new answers take N(N-1) requests in round 0 and N(N+1) later. A pair whose verdict
    failed in either order is left out; an answer without any pair is a failed score.

    Args:
        model: The judging model or its spec.
        rubric: What to judge by.
    """

    model: PolicyLike
    rubric: str = prompts.RUBRIC
    notice: str = ""

    @property
    def name(self) -> str:
        """`pairwise:` and the model."""
        return f"pairwise:{self.model if isinstance(self.model, str) else model_name(self.model)}"

    def plan(self, job: Job) -> list[Any]:
        """Return `[first, second]` places of every ordered pair; the leader comes last."""
        places = range(len(_texts(job)))
        return [[first, second] for first, second in permutations(places, 2)]

    async def call(self, job: Job, call: Any) -> Called:
        """Compare two answers; the result is how likely the first one is better."""
        first, second = (_texts(job)[place] for place in call)
        query = read_conversation(job.messages).text
        better, paid = await ask_verdict(
            await resolve_policy(self.model),
            lambda output: prompts.compare(query, first, second, self.rubric, output),
            BETTER,
        )
        return Called(result=better, cost=paid)

    def settled(self, job: Job, call: Any, result: Any) -> list[tuple[int, Score]]:  # noqa: ARG002
        """Ratings need all comparisons."""
        return []

    def combine(self, job: Job, calls: Sequence[Any], results: Sequence[Any]) -> list[Score]:
        """Rate by wins, and move the scale so that the leader keeps its rating."""
        count = len(_texts(job))
        if count == 1:
            return [scored(0.0)]
        said = {tuple(call): result for call, result in zip(calls, results, strict=True)}
        wins = [[0.0] * count for _ in range(count)]
        met: set[int] = set()
        for first, second in permutations(range(count), 2):
            there, back = said.get((first, second)), said.get((second, first))
            if there is not None and back is not None:
                wins[first][second] = there + (1.0 - back)
                met |= {first, second}
        rated = ratings(wins)
        leader = job.leader
        shift = leader["reward"] - rated[-1] if leader else 0.0
        return [
            scored(rated[i] + shift) if i in met else unscored(FAILED)
            for i in range(len(job.answers))
        ]


def _texts(job: Job) -> list[str]:
    """The new answers, then the best of the earlier rounds, if there is one."""
    return [*job.answers, *([job.leader["text"]] if job.leader else [])]
