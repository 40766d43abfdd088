"""A language model as reward: it compares answers in pairs, and the wins become ratings.

Every pair is shown in both orders, so a judge that favours a place favours nobody. The
best answer of the earlier rounds takes part with its old rating, which ties the rounds
to one scale (Bradley-Terry, see `bradley_terry`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, ClassVar

from ..core.conversation import read_conversation
from ..models.policy import PolicyLike, resolve_policy
from ..prompts import judge as prompts
from .ask_verdict import ask_verdict, judge_name
from .base import Score, scored, unscored
from .bradley_terry import ratings
from .plan import Called, Failure, Job
from .verdict import Form

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
    failed in either order is left out. An answer without any pair is a failed score, and
    so is, later, one that no chain of pairs links to the best so far: it has no scale.

    Args:
        model: The judging model or its spec.
        rubric: What to judge by.
    """

    model: PolicyLike
    rubric: str = prompts.RUBRIC
    notice: str = ""
    relative: ClassVar[bool] = True  # an answer alone has no rating

    @property
    def name(self) -> str:
        """`pairwise:`, the model, and a mark of the rubric where it is not ours."""
        return judge_name("pairwise", self.model, self.rubric)

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
        if count == 1:  # nothing to compare with: one answer, or none beside the leader
            return [scored(0.0)] * len(job.answers)
        said = {tuple(call): result for call, result in zip(calls, results, strict=True)}
        wins = [[0.0] * count for _ in range(count)]
        met: list[set[int]] = [set() for _ in range(count)]
        for first, second in permutations(range(count), 2):
            there, back = said[first, second], said[second, first]
            if not isinstance(there, Failure) and not isinstance(back, Failure):
                wins[first][second] = there + (1.0 - back)
                met[first].add(second)
        rated = ratings(wins)
        linked = _linked(met, count - 1) if job.leader else {i for i in range(count) if met[i]}
        # Differences first: a tie with the leader gives its rating to the last bit.
        base, own = (job.leader["reward"], rated[-1]) if job.leader else (0.0, 0.0)
        return [
            scored(base + (rated[i] - own)) if i in linked else unscored(_why(i, said))
            for i in range(len(job.answers))
        ]


def _linked(met: Sequence[set[int]], start: int) -> set[int]:
    """Return the places that a chain of compared pairs links to one of them."""
    linked, new = {start}, {start}
    while new:  # ends: each pass adds places that were not there
        new = {other for place in new for other in met[place]} - linked
        linked |= new
    return linked


def _why(place: int, said: Mapping[tuple[int, ...], Any]) -> str:
    """Return why an answer has no rating: the first failure of its own comparisons."""
    return next(r.why for pair, r in said.items() if place in pair and isinstance(r, Failure))


def _texts(job: Job) -> list[str]:
    """The new answers, then the best of the earlier rounds, if there is one."""
    return [*job.answers, *([job.leader["text"]] if job.leader else [])]
