"""A language model as reward: it compares answers in pairs, and the wins become ratings.

Every pair is shown in both orders, so a judge that favours a place favours nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from ...prompts import judge as prompts
from ..base import Score
from ..planned_reward import Job
from .language_judge import LanguageJudge
from .reasons import Number, Said, parted, with_reasons
from .scores_from_wins import compared, standing
from .verdict import Choice

BETTER = Choice(
    values={"A": 1.0, "B": 0.0, "T": 0.5},
    plain=prompts.LETTER_OUTPUT,
    as_json=prompts.VERDICT_OUTPUT,
    key="better",
    schema=prompts.VERDICT_SCHEMA,
)


@dataclass(frozen=True)
class PairwiseJudge(LanguageJudge[list[int], Number]):
    """Compares each new answer with each other and with the best so far, in both orders.

    N new answers take N(N-1) requests in round 0 and N(N+1) later. A pair whose verdict
    failed in either order is left out; see `standing` for what that leaves unscored.

    Args:
        model: The judging model or its spec; it may be another one than the policy.
        rubric: What to judge by, as a list of questions.
        reasons: Whether it says why the better one is better; critics then see that as a check.

    Example:
        >>> PairwiseJudge("openai:gpt-5-mini").name
        'pairwise:openai:gpt-5-mini'
    """

    kind = "pairwise"
    relative = True

    def plan(self, job: Job) -> list[list[int]]:
        """Return `[first, second]` places of every ordered pair; the leader comes last."""
        places = range(len(compared(job)))
        return [[first, second] for first, second in permutations(places, 2)]

    def question(self, job: Job, call: list[int], output: str = "") -> str:
        """Ask which of two answers is better."""
        texts = compared(job)
        query, [first, second] = self.texts(job, [texts[place] for place in call])
        return prompts.compare(query, first, second, self.rubric, output)

    def form(self, call: list[int]) -> Choice:
        """A, B, or a tie."""
        return BETTER

    def combine(
        self, job: Job, calls: Sequence[list[int]], results: Sequence[Number | Exception]
    ) -> list[Score]:
        """Rate by the wins of the pairs that are known in both orders."""
        bare = [r if isinstance(r, Exception) else parted(r)[0] for r in results]
        verdicts = {tuple(call): result for call, result in zip(calls, bare, strict=True)}
        places = range(len(compared(job)))
        wins = [[0.0] * len(places) for _ in places]
        for first, second in permutations(places, 2):
            there, back = verdicts[first, second], verdicts[second, first]
            if not isinstance(there, Exception) and not isinstance(back, Exception):
                wins[first][second] = there + (1.0 - back)

        def why(place: int) -> Exception:
            """Return the first error of an answer's own comparisons."""
            mine = (result for pair, result in verdicts.items() if place in pair)
            return next(result for result in mine if isinstance(result, Exception))

        return with_reasons(job, standing(job, wins, why), said_of_pairs(calls, results))


def said_of_pairs(
    calls: Sequence[list[int]], results: Sequence[Number | Exception]
) -> Iterator[Said]:
    """Yield what each comparison with a reason says of both of its answers."""
    for places, result in zip(calls, results, strict=True):
        won, why = (0.5, "") if isinstance(result, Exception) else parted(result)
        for place, letter, own in zip(places, "AB", (won, 1 - won), strict=True):
            than = "better than" if own > 0.5 else "worse than" if own < 0.5 else "as good as"
            if why:
                yield place, own, f"{than} another answer (this one is {letter}): {why}"
