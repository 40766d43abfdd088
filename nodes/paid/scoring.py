"""Score answers with a reward: one durable call each, as `rank` and the guard need it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from langgraph.func import task

from ...core.context import Context
from ...core.errors import RewardError
from ...core.usage import Cost, add_costs, brief, cost
from ...rewards.base import Score
from ...rewards.plan import Called, Job, PlannedReward, failure_of
from .durable import Held

Role = Literal["reward", "fallback", "heldout"]
SAVED = 4096  # more results than one step can hold of an earlier attempt


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
    role: Role = "reward",
) -> Scored:
    """Make every call a reward plans for a job, and combine the results.

    Args:
        reward: The reward.
        job: The conversation, the new answers, the pool.
        context: Concurrency and timeout.
        settled: Told of each score as soon as it is final.
        role: What the scores are for.

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
        done = await _ask(reward, job, call, gate, context.timeout, _mark(role, reward, job, call))
        for place, score in reward.settled(job, call, done["result"]):
            tell(place, score)
        return done

    results = await asyncio.gather(*[one(call) for call in calls], return_exceptions=True)
    done: list[Any] = []
    paid = cost()
    for result in results:
        if isinstance(result, asyncio.CancelledError):
            raise result
        if isinstance(result, BaseException):
            paid = add_costs(paid, getattr(result, "cost", cost()))
            done.append(failure_of(result))
            continue
        paid = add_costs(paid, cost(**result["cost"]))
        done.append(result["result"])
    scores = reward.combine(job, calls, done)
    for place, score in enumerate(scores):
        tell(place, score)
    return Scored(scores, add_costs(paid, cost(scores=len(job.answers))))


async def _ask(
    reward: PlannedReward,
    job: Job,
    call: Any,
    gate: asyncio.Semaphore,
    seconds: float,
    mark: str,
) -> dict[str, Any]:
    """Make one call, or take its saved result; results of other calls are passed over."""
    for _ in range(SAVED):
        done: dict[str, Any] = await request_rewards(
            Held(reward, reward.name),
            Held(job, f"{len(job.answers)} answers"),
            call,
            Held(gate, "gate"),
            seconds,
            mark,
        )
        if done["mark"] == mark:
            return done
    raise RewardError("the saved scores of this step belong to other calls")


def _mark(role: Role, reward: PlannedReward, job: Job, call: Any) -> str:
    """Return what tells one call from all others of the step.

    LangGraph finds saved results by their order alone. A resumed run whose reward was
    repaired or replaced makes other calls, and must not take an old score for a new one.
    """
    about = json.dumps([role, reward.name, call, list(job.answers)])
    return hashlib.sha256(about.encode()).hexdigest()[:16]


@task
async def request_rewards(
    reward: Held[PlannedReward],
    job: Held[Job],
    call: Any,
    gate: Held[asyncio.Semaphore],
    seconds: float,
    mark: str,
) -> dict[str, Any]:
    """Make one call; its result is saved, its cost in brief, and never asked for again."""
    limit = asyncio.timeout(seconds)
    try:
        async with gate(), limit:
            done: Called = await reward().call(job(), call)
            return {"result": done["result"], "cost": brief(done["cost"]), "mark": mark}
    except TimeoutError:
        if limit.expired():
            raise RewardError(f"no score within {seconds:g} s") from None
        raise
