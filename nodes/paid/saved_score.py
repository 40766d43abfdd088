"""One paid call of a reward, saved when it is finished and never made again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from langgraph.func import task

from ...core.errors import RewardError
from ...core.hidden_argument import Held
from ...core.state import Score
from ...core.usage import Cost, cost
from ...rewards.marked_call import StepCalls, count_saved, make_call, mark_of
from ...rewards.planned_reward import Called, Job, PlannedReward, score_job
from ...rewards.remarks import hearing

Work = Callable[[], Awaitable[Called]]
Role = str  # "reward", "fallback", "heldout", or "again 2": rated for the second further time
SAVED = 4096  # more results than one step can hold of an earlier attempt


async def saved_scores(
    reward: PlannedReward,
    role: Role,
    job: Job,
    tell: Callable[[str], None],
    pay: Callable[[Cost], None],
    settle: Callable[[int, Score], None],
    *,
    fail: Callable[[Exception], None] = lambda _: None,
    step: StepCalls | None = None,
) -> list[Score]:
    """Score a job with calls that are saved.

    Args:
        reward: The reward.
        role: What the scores are for.
        job: The round.
        tell: Takes a sentence for the person.
        pay: Is called with what a call cost.
        settle: Is called with an answer's place and score once the score is final.
        fail: Is called with the failure of a call.
        step: The calls of this step, if others are made in it.

    Returns:
        One score per answer.
    """
    step = step or StepCalls(asyncio.Semaphore(job.settings.max_concurrency), {})

    async def ask(call: object) -> Called:
        try:
            done = await saved_call(reward, job, call, role, step)
        except Exception as error:
            pay(getattr(error, "cost", cost()))
            fail(error)
            raise
        pay(cost(**done["cost"]))
        for place, score in reward.settled(job, call, done["result"]):
            settle(place, score)
        return done

    with hearing(tell):
        scores = await score_job(reward, job, ask)
    pay(cost(scores=len(job.answers)))
    return scores


async def saved_call(
    reward: PlannedReward, job: Job, call: object, role: Role, step: StepCalls
) -> Called:
    """Make one call, or take its saved result; results of other calls are passed over.

    Args:
        reward: The reward.
        job: The round.
        call: One of the calls that the reward plans for it.
        role: What the scores are for.
        step: What the calls of the step share.
    """
    mark, (gate, left) = mark_of(role, reward, job, call), step
    seconds = job.settings.timeout  # unless the reward limits itself
    if mark in left:
        count_saved(job.budget, left[mark])
        return left[mark]
    for _ in range(SAVED):
        held = Held[Work](
            lambda: make_call(reward, job, call, gate, seconds, mark),
            f"{reward.name}: {call} of {len(job.answers)} answers",
        )
        done: Called = await request_rewards(held)
        if not held.taken and done.get("mark") not in left:
            count_saved(job.budget, done)
        if done.get("mark") == mark:
            return done
    raise RewardError("the saved scores of this step belong to other calls")


@task
async def request_rewards(held: Held[Work]) -> Called:
    """Make one call; its result is saved, and not asked for again."""
    return await held()()
