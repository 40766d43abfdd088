"""Score answers with a reward: one durable call each, as `rank` and the guard need it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from langgraph.func import task

from ..core.context import Context
from ..core.errors import RewardError, TPOError, evidence
from ..core.usage import Cost, add_costs, brief, cost
from ..rewards.base import Score
from ..rewards.plan import FAILED, Called, Job, PlannedReward


@dataclass
class Scored:
    """What scoring a job brought (local to one node call)."""

    scores: list[Score]
    cost: Cost = field(default_factory=cost)


async def score_job(
    reward: PlannedReward,
    job: Job,
    context: Context,
    settled: Callable[[int, Score], None],
) -> Scored:
    """Make every call a reward plans for a job, and combine the results.

    Args:
        reward: The reward.
        job: The conversation, the new answers, the pool.
        context: Concurrency and timeout.
        settled: Told of each score as soon as it is final.

    Returns:
        One score per answer. Answers whose calls failed have the reason.
    """
    calls = reward.plan(job)
    gate = asyncio.Semaphore(context.max_concurrency)
    told: set[int] = set()

    def tell(place: int, score: Score) -> None:
        if place not in told:
            told.add(place)
            settled(place, score)

    async def one(call: Any) -> dict[str, Any]:
        # Behind functions: `tasks` streams and traces show arguments, a reward's keys too.
        done = await request_rewards(
            lambda: reward, lambda: job, call, gate, context.timeout
        )
        for place, score in reward.settled(job, call, done["result"]):
            tell(place, score)
        return done

    results = await asyncio.gather(*[one(call) for call in calls], return_exceptions=True)
    done: list[Any] = []
    why, paid = "", cost()
    for result in results:
        if isinstance(result, asyncio.CancelledError):
            raise result
        if isinstance(result, BaseException):
            why = why or evidence(str(result) if isinstance(result, TPOError) else result)
            paid = add_costs(paid, getattr(result, "cost", cost()))
            done.append(None)
            continue
        paid = add_costs(paid, cost(**result["cost"]))
        done.append(result["result"])
    scores = [_explained(s, why) for s in reward.combine(job, calls, done)]
    for place, score in enumerate(scores):
        tell(place, score)
    return Scored(scores, add_costs(paid, cost(scores=len(job.answers))))


def _explained(score: Score, why: str) -> Score:
    """Put the cause in place of a bare "the call failed"."""
    return {**score, "error": why} if why and score["error"] == FAILED else score


@task
async def request_rewards(
    wanted: Callable[[], PlannedReward],
    job_of: Callable[[], Job],
    call: Any,
    gate: asyncio.Semaphore,
    seconds: float,
) -> dict[str, Any]:
    """Make one call; its result is saved, its cost in brief, and never asked for again."""
    limit = asyncio.timeout(seconds)
    try:
        async with gate, limit:
            done: Called = await wanted().call(job_of(), call)
            return {"result": done["result"], "cost": brief(done["cost"])}
    except TimeoutError:
        if limit.expired():
            raise RewardError(f"no score within {seconds:g} s") from None
        raise
