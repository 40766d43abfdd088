"""One paid call of a reward, saved when it is finished and never made again."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Literal

from langgraph.func import task

from ...core.errors import RewardError
from ...core.usage import brief, cost, tokens_for_budget
from ...core.user_code.contain import LateError, contained, within
from ...rewards.planned_reward import Called, Job, PlannedReward
from ...rewards.readiness import limits_itself
from .durable import Held

Role = Literal["reward", "fallback", "heldout"]
SAVED = 4096  # more results than one step can hold of an earlier attempt


async def saved_call(
    reward: PlannedReward,
    job: Job,
    call: object,
    role: Role,
    gate: asyncio.Semaphore,
    seconds: float,
) -> Called:
    """Make one call, or take its saved result; results of other calls are passed over.

    Args:
        reward: The reward.
        job: The round.
        call: One of the calls that the reward plans for it.
        role: What the scores are for.
        gate: Limits how many calls are made at the same time.
        seconds: How long one may take, unless it limits itself.
    """
    mark = mark_of(role, reward, job, call)
    for _ in range(SAVED):
        held = Held(job, f"{len(job.answers)} answers")
        done: Called = await request_rewards(
            Held(reward, reward.name), held, call, Held(gate, "gate"), seconds, mark
        )
        if not held.taken:  # a saved result of an interrupted run, which was paid then
            before = cost(**done["cost"])
            job.budget.count(before["requests"], tokens_for_budget(before))
        if done.get("mark") == mark:
            return done
    raise RewardError("the saved scores of this step belong to other calls")


def mark_of(role: Role, reward: PlannedReward, job: Job, call: object) -> str:
    """Return a mark that differs for each call of the step.

    LangGraph finds saved results by their order alone. A resumed run whose reward was
    repaired or replaced makes other calls, and must not take an old score for a new one.
    """
    about = json.dumps([role, reward.name, call, list(job.answers)])
    return hashlib.sha256(about.encode()).hexdigest()[:16]


@task
async def request_rewards(
    reward: Held[PlannedReward],
    job: Held[Job],
    call: object,
    gate: Held[asyncio.Semaphore],
    seconds: float,
    mark: str,
) -> Called:
    """Make one call; its result is saved, with its cost in brief, and not asked for again."""
    work = job()
    async with gate():
        given, asked = work.budget.timeout(seconds), reward().call(work, call)
        try:
            if limits_itself(reward(), call):
                done = await contained(asked)
            else:
                done = await within(seconds, asked, work.budget.deadline)
        except LateError:
            raise RewardError(f"no score within {round(given, 2):g} s") from None
    return Called(result=done["result"], cost=brief(cost(**done["cost"])), mark=mark)
