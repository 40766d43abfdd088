"""A language model as reward: it ranks a whole round in one prompt, in several orders.

The orders are those of a Williams design: every answer stands at every place equally often,
and before every other one as often as after it. So a judge that only looks at places, in
whatever way, favours nobody. (E. J. Williams, "Experimental designs balanced for the
estimation of residual effects of treatments", 1949.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from ...prompts import judge as prompts
from ..base import Score
from ..planned_reward import Job
from .language_judge import LanguageJudge
from .reasons import Said, WithWhy, parted, with_reasons
from .scores_from_wins import compared, standing
from .verdict import Order

Ranking = list[list[int]]


@dataclass(frozen=True)
class GroupwiseJudge(LanguageJudge[list[int], Ranking | WithWhy[Ranking]]):
    """Ranks the new answers and the best so far, all at once; ties are allowed.

    K answers take K requests if K is even, else 2K; K is N in round 0 and N + 1 later. Every
    prompt holds them all: take `PairwiseJudge` if they do not fit the judge's context, or
    are more than it can keep apart. An order that failed is left out with its reverse.

    Args:
        model: The judging model or its spec; it may be another one than the policy.
        rubric: What to judge by, as a list of questions.
        reasons: Whether it says why it ranks so; critics then see that as a check.

    Example:
        >>> GroupwiseJudge("openai:gpt-5-mini").name
        'groupwise:openai:gpt-5-mini'
    """

    kind = "groupwise"
    relative = True

    def plan(self, job: Job) -> list[list[int]]:
        """Return the orders, as places of the texts; each is followed by its reverse."""
        return orders(len(compared(job)))

    def question(self, job: Job, call: list[int], output: str = "") -> str:
        """Ask for the ranking of all answers, shown in one order."""
        texts = compared(job)
        query, shown = self.texts(job, [texts[place] for place in call])
        return prompts.rank(query, shown, self.rubric, output)

    def form(self, call: list[int]) -> Order:
        """The numbers of all answers, the best first."""
        return ranking_form(len(call))

    def combine(
        self,
        job: Job,
        calls: Sequence[list[int]],
        results: Sequence[Ranking | WithWhy[Ranking] | Exception],
    ) -> list[Score]:
        """Rate by the wins in the orders that are known with their reverse."""
        known = known_both_ways(calls, results)
        places = range(len(compared(job)))
        wins = [[0.0] * len(places) for _ in places]
        for call, ranking, _ in known:
            ranks = {call[n - 1]: rank for rank, tied in enumerate(ranking) for n in tied}
            for i, j in permutations(places, 2):
                wins[i][j] += (ranks[i] < ranks[j]) + 0.5 * (ranks[i] == ranks[j])
        # As of two comparisons, so that rounds of other sizes are on the same scale.
        shares = [[2 * won / max(1, len(known)) for won in row] for row in wins]
        scores = standing(
            job, shares, lambda _: next(r for r in results if isinstance(r, Exception))
        )
        return with_reasons(job, scores, said_of_orders(known))


def ranking_form(count: int) -> Order:
    """Return the verdict that puts this many numbered answers in order."""
    return Order(
        count=count,
        plain=prompts.ORDER_OUTPUT,
        as_json=prompts.RANKING_OUTPUT,
        key="ranking",
        schema=prompts.RANKING_SCHEMA,
    )


def known_both_ways(
    calls: Sequence[list[int]], results: Sequence[Ranking | WithWhy[Ranking] | Exception]
) -> list[tuple[list[int], Ranking, str]]:
    """Return the orders that are known with their reverse, their rankings, and why."""
    verdicts = list(zip(calls, results, strict=True))
    known: list[tuple[list[int], Ranking, str]] = []
    for (order, one), (reverse, other) in zip(verdicts[::2], verdicts[1::2], strict=True):
        if not isinstance(one, Exception) and not isinstance(other, Exception):
            known += [(order, *parted(one)), (reverse, *parted(other))]
    return known


def said_of_orders(known: Sequence[tuple[list[int], Ranking, str]]) -> Iterator[Said]:
    """Yield what each ranking with a reason says of all of its answers."""
    for call, ranking, why in known:
        for rank, tied in enumerate(ranking, start=1) if why else ():
            for n in tied:
                said = f"ranked {rank} of {len(ranking)} (this one is answer {n}): {why}"
                yield call[n - 1], -rank, said


def orders(count: int) -> list[list[int]]:
    """Return the orders of a Williams design; each is followed by its reverse.

    Args:
        count: How many things there are.

    Example:
        >>> orders(4)
        [[0, 1, 3, 2], [2, 3, 1, 0], [1, 2, 0, 3], [3, 0, 2, 1]]
    """
    if count < 2:
        return []
    first = [(i + 1) // 2 if i % 2 else -(i // 2) for i in range(count)]  # 0, 1, -1, 2, -2, ...
    turns = count if count % 2 else count // 2  # an even one's other half are the reverses
    rows = [[(place + turn) % count for place in first] for turn in range(turns)]
    return [order for row in rows for order in (row, row[::-1])]
