"""A reward under the condition that answers fit the run's schema: what does not is vetoed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.messages import AnyMessage

from ...core.json_types import JsonObject
from ..base import Score
from ..mixing.mix import Mix, Part
from ..planned_reward import PlannedReward
from .json_schema import schema_scores

FORM = "answer_schema"  # the name of the check, among the parts of a score
AT_ONCE = 2  # checks of one run, each of which may be a process


@dataclass(frozen=True)
class FormCheck:
    """1 if an answer is JSON that fits a schema, else 0 with the places where it does not.

    A check that does not end is stopped, and the answer counts as one that does not fit. A few at
    a time: what takes long in one run is not to keep a server's processors from the others.
    """

    schema: JsonObject
    name: str = FORM
    batch_size: int | None = None
    notice: str = ""
    turns: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(AT_ONCE), repr=False, compare=False
    )

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Check the answers."""
        async with self.turns:
            return await schema_scores(self.schema, answers)


def veto_by_form(reward: PlannedReward, schema: JsonObject) -> PlannedReward:
    """Return a reward that vetoes what does not fit a schema.

    Its name tells the schema: a run that is resumed with another has its pool scored again.
    """
    title = f"{reward.name} {form_mark(schema)}"
    return Mix([Part(reward)], constraints=[FormCheck(schema)], title=title)


def form_mark(schema: JsonObject) -> str:
    """Return what the name of a reward ends with if it vetoes what does not fit a schema."""
    mark = hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:8]
    return f"in form {mark}"
