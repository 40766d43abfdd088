"""Several rewards as one: a weighted sum, hard constraints, a price on length.

`mix_file` reads one from TOML.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce

from ...core.usage import Cost, add_costs
from ..base import Score, scored, sound
from ..function import OwnReward, as_reward
from ..planned_reward import Called, Job, PlannedReward, plan_further, planned, requests_to_score
from ..query_criteria import Criteria, criteria_in
from ..readiness import limits_itself, make_ready
from ..second_ratings import asked_again
from ..self_check import self_check
from .answer_scores import why_unscored, with_parts
from .check_parts import check_functions, check_parts
from .hedge import check_hedge, standard_error
from .part_names import part_names, told_names
from .part_of_a_round import PartCall, own_calls, seen_by
from .z_score import raw, reference


@dataclass(frozen=True)
class Part:
    """One reward of a mix.

    Args:
        reward: An object, or a function `(query, answer)` to a number.
        weight: What it counts; may be negative.
        z: Whether to count standard deviations from the mean of round 0 instead of raw
            scores. The reference stays round 0, so that all rounds are on one scale.

    Example:
        >>> Part(lambda query, answer: -len(answer), weight=0.5).weight
        0.5
    """

    reward: OwnReward
    weight: float = 1.0
    z: bool = False


@dataclass(frozen=True)
class Mix:
    """The weighted sum of its parts; each part's own score is kept on the candidate.

    An answer that a constraint scores below 0.5 is vetoed and leaves the ranking. Constraints are
    asked first, and the parts are not asked about what they veto.

    Args:
        parts: At least one.
        constraints: Rewards that veto: objects or functions.
        length_penalty: Taken off per 1,000 characters, against answers that only grow.
        hedge: How many standard errors of the sum are taken off, from 0 on: an answer about which
            the parts disagree then counts less. They must be on one scale: give each `z=True`.
        title: What events and reports call it.

    Raises:
        ConfigError: there is no part, two cannot be told apart, or one is not a reward.

    Example:
        >>> def few_words(query: str, answer: str) -> float:
        ...     return -len(answer.split())
        >>> def polite(query: str, answer: str) -> float:
        ...     return float("please" in answer)
        >>> Mix([Part(few_words)], constraints=[polite]).name
        'mix'
    """

    parts: Sequence[Part]
    constraints: Sequence[OwnReward] = ()
    length_penalty: float = 0.0
    title: str = "mix"
    hedge: float = field(default=0.0, kw_only=True)
    _all: tuple[PlannedReward, ...] = field(init=False, repr=False, compare=False)
    _names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _told: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_parts(self.parts, self.length_penalty)
        both = [*(part.reward for part in self.parts), *self.constraints]
        object.__setattr__(self, "_all", tuple(planned(as_reward(one)) for one in both))
        check_functions(self._all)
        object.__setattr__(self, "_names", part_names(self._all))
        object.__setattr__(self, "_told", told_names(self._names))
        check_hedge(self.hedge, self.parts, self._all[: len(self.parts)])

    @property
    def name(self) -> str:
        """The mix's title."""
        return self.title

    @property
    def relative(self) -> bool:
        """Whether a part counts in deviations, or compares: an answer alone has no score."""
        parts = any(part.z for part in self.parts)
        return parts or any(getattr(reward, "relative", False) for reward in self._all)

    @property
    def notice(self) -> str:
        """The notices of its parts."""
        return " ".join(reward.notice for reward in self._all if reward.notice)

    async def probe(self) -> str:
        """Have the parts that can look at their own scores."""
        notices = [await self_check(reward) for reward in self._all]
        return " ".join(filter(None, notices))

    async def ready(self, job: Job) -> Cost:
        """Make sure of all parts and constraints.

        Raises:
            Exception: whatever keeps one of them from being used.
        """
        paid = await asyncio.gather(*[make_ready(reward, job) for reward in self._all])
        return reduce(add_costs, paid)

    def asked_again(self, score: Score, nth: int) -> PlannedReward | None:
        """Return whom to ask once more: its only part, if the sum is the number of that."""
        part, *others = self.parts
        alone = not others and (part.weight, part.z, self.length_penalty) == (1.0, False, 0.0)
        return asked_again(self._all[0], score, nth) if alone else None

    def limits_itself(self, call: PartCall) -> bool:
        """Whether the part does that makes this call."""
        return limits_itself(self._all[call[0]], call[1])

    @property
    def _stages(self) -> tuple[range, range]:
        """The places of the constraints, which are asked first, and of the parts."""
        return range(len(self.parts), len(self._all)), range(len(self.parts))

    def plan(self, job: Job) -> list[PartCall]:
        """Return the calls of the constraints, or of the parts if there are none."""
        constraints, parts = self._stages
        return self._planned(job, constraints or parts, None)

    def plan_further(
        self, job: Job, calls: Sequence[PartCall], results: Sequence[object]
    ) -> list[PartCall]:
        """Return the calls of the parts, which cost nothing for what a constraint rules out.

        A mix inside this one may also have further calls.
        """
        constraints, parts = self._stages
        if more := self._further(job, constraints, calls, results):
            return more
        if constraints and not any(call[0] in parts for call in calls):
            kept = self._kept(job, calls, results)
            return self._planned(job, parts, kept) if kept else []
        return self._further(job, parts, calls, results)

    def criteria_in(self, calls: Sequence[PartCall], results: Sequence[object]) -> Criteria:
        """Return the criteria that the parts have written for the query."""
        found: Criteria = {}
        for place, reward in enumerate(self._all):
            found |= criteria_in(reward, *own_calls(place, calls, results)[:2])
        return found

    def requests(self, job: Job) -> int:
        """Return the requests of all parts."""
        both = zip(self._all, self._names, strict=True)
        seen = ((reward, seen_by(name, job)) for reward, name in both)
        return sum(requests_to_score(reward, len(own.answers), own.pool) for reward, own in seen)

    async def call(self, job: Job, call: PartCall) -> Called:
        """Make one call of one part."""
        place, inner, *kept = call
        return await self._all[place].call(seen_by(self._names[place], job, *kept), inner)

    def settled(self, job: Job, call: PartCall, result: object) -> list[tuple[int, Score]]:
        """A sum needs all parts."""
        return []

    def combine(
        self, job: Job, calls: Sequence[PartCall], results: Sequence[object]
    ) -> list[Score]:
        """Sum the parts up; a part that failed fails the answer."""
        rows = self._rows(job, calls, results)
        failed = [why_unscored(self._told, row, len(self.parts)) for row in rows]
        whole = [row for row, score in zip(rows, failed, strict=True) if score is None]
        scales = [
            reference(job.pool, self._names[i], [row[i]["reward"] or 0.0 for row in whole])
            if part.z
            else raw
            for i, part in enumerate(self.parts)
        ]
        scores: list[Score] = []
        weights = [part.weight for part in self.parts]
        for answer, row, why in zip(job.answers, rows, failed, strict=True):
            values = [scale(own["reward"] or 0.0) for scale, own in zip(scales, row, strict=False)]
            score = why or sound(self.name, scored(self.total(answer, values)))
            scores.append(with_parts(score, self._names, self._told, row, weights))
        return scores

    def total(self, answer: str, values: Sequence[float]) -> float:
        """Return what an answer is worth, from the score of each part on its scale."""
        weights = [part.weight for part in self.parts]
        total = -self.length_penalty * len(answer) / 1000
        for weight, value in zip(weights, values, strict=True):
            total += weight * value
        return total - self.hedge * standard_error(weights, values) if self.hedge else total

    def _planned(self, job: Job, places: Iterable[int], kept: list[int] | None) -> list[PartCall]:
        """Return the first calls of some rewards, about all answers or those at some places."""
        some = [] if kept is None or len(kept) == len(job.answers) else [kept]
        return [
            [place, call, *some]
            for place in places
            for call in self._all[place].plan(seen_by(self._names[place], job, *some))
        ]

    def _further(
        self, job: Job, places: Iterable[int], calls: Sequence[PartCall], results: Sequence[object]
    ) -> list[PartCall]:
        """Return further calls of mixes at some places."""
        found: list[PartCall] = []
        for place in places:
            own, own_results, some = own_calls(place, calls, results)
            seen = seen_by(self._names[place], job, *some)
            more = plan_further(self._all[place], seen, own, own_results) if own else []
            found += [[place, call, *some] for call in more]
        return found

    def _kept(self, job: Job, calls: Sequence[PartCall], results: Sequence[object]) -> list[int]:
        """Return the places of the answers that no constraint rules out or fails on."""
        rows = self._rows(job, calls, results)
        whys = [why_unscored(self._told, row, len(self.parts)) for row in rows]
        return [place for place, why in enumerate(whys) if why is None]

    def _rows(
        self, job: Job, calls: Sequence[PartCall], results: Sequence[object]
    ) -> list[list[Score]]:
        """Return each answer's scores, one of each reward; empty ones if it was not asked."""
        rows = [[Score(reward=None, error=None) for _ in self._all] for _ in job.answers]
        for place, reward in enumerate(self._all):
            own, own_results, some = own_calls(place, calls, results)
            if not own and self.constraints:  # not asked yet, or about nothing
                continue
            column = reward.combine(seen_by(self._names[place], job, *some), own, own_results)
            kept = some[0] if some else range(len(rows))
            for answer, score in zip(kept, column, strict=True):
                rows[answer][place] = score
        return rows
