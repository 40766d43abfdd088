"""Several rewards as one: a weighted sum, hard constraints, a price on length.

A mix file (TOML)::

    length_penalty = 0.1            # reward per 1,000 characters
    constraints = ["verify:json:schema.json"]

    [[parts]]
    reward = "vllm:http://127.0.0.1:8000"
    weight = 1.0
    z = true                        # in standard deviations of round 0
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..core.errors import ConfigError, evidence
from ..core.settings import explain
from .base import Reward, Score
from .plan import FAILED, Called, Job, PlannedReward, planned

PASS = 0.5  # a constraint passes from here


@dataclass(frozen=True)
class Part:
    """One reward of a mix.

    Args:
        reward: The reward.
        weight: What it counts; may be negative.
        z: Whether to count standard deviations from the mean of round 0 instead of raw
            scores. The reference stays round 0, so that all rounds are on one scale.
    """

    reward: PlannedReward | Reward
    weight: float = 1.0
    z: bool = False


@dataclass(frozen=True)
class Mix:
    """The weighted sum of its parts; each part's own score is kept on the candidate.

    An answer that a constraint scores below 0.5 is vetoed and leaves the ranking.

    Args:
        parts: At least one.
        constraints: Rewards that veto.
        length_penalty: Taken off per 1,000 characters, against answers that only grow.
    """

    parts: tuple[Part, ...]
    constraints: tuple[PlannedReward | Reward, ...] = ()
    length_penalty: float = 0.0
    title: str = "mix"
    _all: tuple[PlannedReward, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.parts:
            raise ConfigError("a mix needs at least one part")
        both = [planned(p.reward) for p in self.parts] + [planned(c) for c in self.constraints]
        object.__setattr__(self, "_all", tuple(both))
        names = [reward.name for reward in both]
        if doubled := sorted({n for n in names if names.count(n) > 1}):
            raise ConfigError(f"a mix names {', '.join(doubled)} twice; add the weights instead")

    @property
    def name(self) -> str:
        """The mix's title."""
        return self.title

    @property
    def notice(self) -> str:
        """The notices of its parts."""
        return " ".join(reward.notice for reward in self._all if reward.notice)

    def plan(self, job: Job) -> list[Any]:
        """Return `[which reward, its own call]`."""
        return [
            [place, call]
            for place, reward in enumerate(self._all)
            for call in reward.plan(_seen_by(reward, job))
        ]

    async def call(self, job: Job, call: Any) -> Called:
        """Make one call of one part."""
        place, inner = call
        reward = self._all[place]
        done: Called = await reward.call(_seen_by(reward, job), inner)
        return done

    def settled(self, job: Job, call: Any, result: Any) -> list[tuple[int, Score]]:  # noqa: ARG002
        """A sum needs all parts."""
        return []

    def combine(self, job: Job, calls: Sequence[Any], results: Sequence[Any]) -> list[Score]:
        """Sum the parts up; a part that failed fails the answer."""
        columns: list[list[Score]] = []
        for place, reward in enumerate(self._all):
            mine = [(c[1], r) for c, r in zip(calls, results, strict=True) if c[0] == place]
            own_calls, own_results = [c for c, _ in mine], [r for _, r in mine]
            columns.append(reward.combine(_seen_by(reward, job), own_calls, own_results))
        scales = [self._scale(i, part, columns[i], job) for i, part in enumerate(self.parts)]
        return [
            self._sum(answer, [column[i] for column in columns], scales)
            for i, answer in enumerate(job.answers)
        ]

    def _scale(
        self, place: int, part: Part, column: Sequence[Score], job: Job
    ) -> Callable[[float], float]:
        if not part.z:
            return lambda value: value
        name = self._all[place].name
        first = [r["parts"][name] for r in job.pool if r["round"] == 0 and name in r["parts"]]
        values = first or [s["reward"] for s in column if s["reward"] is not None]
        mean = fmean(values) if values else 0.0
        spread = pstdev(values) if values else 0.0
        return lambda value: (value - mean) / (spread or 1.0)

    def _sum(
        self, answer: str, row: Sequence[Score], scales: Sequence[Callable[[float], float]]
    ) -> Score:
        values = {r.name: s["reward"] for r, s in zip(self._all, row, strict=True)}
        parts = {name: value for name, value in values.items() if value is not None}
        for reward, score in zip(self._all, row, strict=True):
            if score["reward"] is None:
                own = f"{reward.name}: {score['error']}"
                why = FAILED if score["error"] == FAILED else own
                return Score(reward=None, error=why, parts=parts)
        for reward in self._all[len(self.parts) :]:
            if parts[reward.name] < PASS:
                return Score(reward=None, error=f"vetoed by {reward.name}", parts=parts)
        total = math.fsum(
            part.weight * scale(parts[reward.name])
            for part, scale, reward in zip(self.parts, scales, self._all, strict=False)
        )
        return Score(
            reward=total - self.length_penalty * len(answer) / 1000, error=None, parts=parts
        )


def _seen_by(reward: PlannedReward, job: Job) -> Job:
    """The job with the pool on the part's own scale, for parts that look at the pool."""
    own = [
        {**rated, "reward": rated["parts"][reward.name]}
        for rated in job.pool
        if reward.name in rated["parts"]
    ]
    return Job(job.messages, job.answers, own)  # type: ignore[arg-type]


class _PartFile(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    reward: str
    weight: float = 1.0
    z: bool = False


class _MixFile(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    parts: list[_PartFile] = Field(min_length=1)
    constraints: list[str] = []
    length_penalty: float = 0.0


def from_spec(path: str, resolve: Callable[[str], PlannedReward | Reward]) -> Mix:
    """Read a mix file.

    Args:
        path: The TOML file.
        resolve: Turns the spec of a part into a reward.

    Raises:
        ConfigError: the file is missing, no TOML, or has wrong entries.
    """
    try:
        read = _MixFile.model_validate(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except ValidationError as error:
        raise ConfigError(f"mix file {path}: {explain(error)}") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"mix file {path} cannot be read: {evidence(error)}") from None
    return Mix(
        parts=tuple(Part(resolve(p.reward), p.weight, p.z) for p in read.parts),
        constraints=tuple(resolve(c) for c in read.constraints),
        length_penalty=read.length_penalty,
        title=f"mix:{Path(path).stem}",
    )
