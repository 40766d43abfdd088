"""What of a round one reward of a mix sees: its own calls, the answers that are left, its pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...core.state import Candidate
from ..planned_reward import Job

PartCall = list[Any]
"""`[which reward, its own call]`; then the places of the answers it is about, if not about all."""


def own_calls(
    place: int, calls: Sequence[PartCall], results: Sequence[object]
) -> tuple[list[Any], list[object], list[list[int]]]:
    """Return the calls of one reward, their results, and about which answers if not about all."""
    mine = [(call, r) for call, r in zip(calls, results, strict=True) if call[0] == place]
    some = mine[0][0][2:] if mine else []
    return [call[1] for call, _ in mine], [result for _, result in mine], some


def seen_by(name: str, job: Job, kept: Sequence[int] | None = None) -> Job:
    """The job as the part of a name sees it: the answers left, the pool on its own scale."""
    own: list[Candidate] = [
        {**candidate, "reward": parts[name]}
        for candidate in job.pool
        if name in (parts := candidate.get("parts", {}))
    ]
    answers = job.answers if kept is None else [job.answers[place] for place in kept]
    return replace(job, answers=answers, pool=own)
