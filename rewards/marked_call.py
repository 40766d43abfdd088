"""The calls of a round: what they share, and one within its limits, saved with a mark."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.errors import RewardError
from ..core.pool import criteria_of
from ..core.state import State
from ..core.usage import brief, cost
from ..core.user_code.contain import LateError, contained, within
from ..models.budget import Budget
from .planned_reward import Called, Job, PlannedReward
from .readiness import limits_itself


class StepCalls(NamedTuple):
    """What the calls of one step share."""

    gate: asyncio.Semaphore
    """How many may be made at the same time."""
    left: Mapping[str, Called]
    """What an interrupted run has saved of them, by their marks: LangGraph goes by their order,
    which is another one if an answer that could not be scored early is asked about first."""


def job_of(state: State, budget: Budget, settings: Context) -> Job:
    """Return the round that a run has come to, without answers."""
    messages = read_conversation(state["messages"]).messages
    return Job(messages, [], (), budget, settings, criteria_of(state))


def mark_of(role: str, reward: PlannedReward, job: Job, call: object) -> str:
    """Return a mark that differs for each call of the step.

    LangGraph finds saved results by their order alone. A resumed run whose reward was
    repaired or replaced makes other calls, and must not take an old score for a new one.
    """
    about = json.dumps([role, reward.name, call, list(job.answers)])
    return hashlib.sha256(about.encode()).hexdigest()[:16]


def count_saved(budget: Budget, done: Called) -> None:
    """Count a saved result of an interrupted run, which was paid then."""
    before = cost(**done["cost"])
    budget.pay(before, before["requests"])


async def make_call(
    reward: PlannedReward,
    job: Job,
    call: object,
    gate: asyncio.Semaphore,
    seconds: float,
    mark: str,
) -> Called:
    """Make one call within its limits; return it as it is saved, with its cost in brief.

    Raises:
        RewardError: it took too long.
        Exception: whatever the reward raises.
    """
    async with gate:
        given, asked = job.budget.timeout(seconds), reward.call(job, call)
        try:
            if limits_itself(reward, call):
                done = await contained(asked)
            else:
                done = await within(seconds, asked, job.budget.deadline)
        except LateError:
            raise RewardError(f"no score within {round(given, 2):g} s") from None
    return Called(result=done["result"], cost=brief(cost(**done["cost"])), mark=mark)
