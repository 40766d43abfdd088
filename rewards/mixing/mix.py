"""Several rewards as one: a weighted sum, hard constraints, a price on length.

`mix_file` reads one from TOML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...core.errors import ConfigError
from ...core.state import Candidate
from ..base import Score, scored, sound
from ..function import OwnReward, as_reward
from ..planned_reward import Called, Job, PlannedReward, planned, requests_to_score, self_check
from .answer_scores import own_scores, why_unscored
from .z_score import raw, reference

PartCall = list[Any]
"""`[which reward, its own call]`."""


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

    An answer that a constraint scores below 0.5 is vetoed and leaves the ranking.

    Args:
        parts: At least one.
        constraints: Rewards that veto: objects or functions.
        length_penalty: Taken off per 1,000 characters, against answers that only grow.
        title: What events and reports call it.

    Raises:
        ConfigError: there is no part, two have the same name, or one is not a reward.

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
    _all: tuple[PlannedReward, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.parts:
            raise ConfigError("a mix needs at least one part")
        both = [*(part.reward for part in self.parts), *self.constraints]
        object.__setattr__(self, "_all", tuple(planned(as_reward(one)) for one in both))
        names = [reward.name for reward in self._all]
        if doubled := sorted({n for n in names if names.count(n) > 1}):
            raise ConfigError(f"a mix names {', '.join(doubled)} twice; add the weights instead")

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

    def plan(self, job: Job) -> list[PartCall]:
        """Return `[which reward, its own call]`."""
        return [
            [place, call]
            for place, reward in enumerate(self._all)
            for call in reward.plan(_seen_by(reward, job))
        ]

    def requests(self, job: Job) -> int:
        """Return the requests of all parts."""
        seen = ((reward, _seen_by(reward, job)) for reward in self._all)
        return sum(requests_to_score(reward, len(own.answers), own.pool) for reward, own in seen)

    async def call(self, job: Job, call: PartCall) -> Called:
        """Make one call of one part."""
        place, inner = call
        reward: PlannedReward = self._all[place]
        return await reward.call(_seen_by(reward, job), inner)

    def settled(self, job: Job, call: PartCall, result: object) -> list[tuple[int, Score]]:
        """A sum needs all parts."""
        return []

    def combine(self, job: Job, calls: Sequence[PartCall], results: Sequence[Any]) -> list[Score]:
        """Sum the parts up; a part that failed fails the answer."""
        columns: list[list[Score]] = []
        for place, reward in enumerate(self._all):
            mine = [(c[1], r) for c, r in zip(calls, results, strict=True) if c[0] == place]
            own_calls, own_results = [c for c, _ in mine], [r for _, r in mine]
            columns.append(reward.combine(_seen_by(reward, job), own_calls, own_results))
        rows = [[column[i] for column in columns] for i in range(len(job.answers))]
        failed = [why_unscored(self._all, row, len(self.parts)) for row in rows]
        whole = [row for row, score in zip(rows, failed, strict=True) if score is None]
        scales = [
            reference(job.pool, self._all[i].name, [row[i]["reward"] or 0.0 for row in whole])
            if part.z
            else raw
            for i, part in enumerate(self.parts)
        ]
        scores: list[Score] = []
        for answer, row, why in zip(job.answers, rows, failed, strict=True):
            total = -self.length_penalty * len(answer) / 1000
            for part, scale, own in zip(self.parts, scales, row, strict=False):
                total += part.weight * scale(own["reward"] or 0.0)
            score = why or sound(self.name, scored(total))
            scores.append({**score, "parts": own_scores(self._all, row)})
        return scores


def _seen_by(reward: PlannedReward, job: Job) -> Job:
    """The job with the pool on the part's own scale, for parts that look at the pool."""
    own: list[Candidate] = [
        {**candidate, "reward": parts[reward.name]}
        for candidate in job.pool
        if reward.name in (parts := candidate.get("parts", {}))
    ]
    return replace(job, pool=own)
