"""What can be known of a run's rewards before anything is paid for.

A model in this process loads, a server answers, a judge replies in the form: rewards that can
tell have an `async def ready(job)`, which raises if they cannot be used. `probe` is another
matter: it says what looks wrong with the scores, and the run goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import reduce
from typing import Any, TypeVar

from ..core.errors import (
    TOO_MANY,
    ConfigError,
    MissingDependencyError,
    RewardError,
    TPOError,
    evidence,
)
from ..core.look_into import to_look_into
from ..core.usage import Cost, add_costs, add_usage, cost, usage_of
from ..core.user_code.contain import GRACE, contained
from ..models.failures.caused_by import caused_by
from ..models.failures.provider_error import status_of
from .planned_reward import Batched, CallT, Job, PlannedReward
from .self_check import self_check

T = TypeVar("T")
Tell = Callable[[str], None]


def limits_itself(reward: PlannedReward[CallT, Any], call: CallT) -> bool:
    """Return whether a call keeps to the run's timeout by itself, as one that asks a model does.

    It counts each attempt, so that one that came to nothing can be repeated.
    """
    limits = getattr(reward, "limits_itself", None)
    return bool(limits and limits(call))


def rates_alone(reward: PlannedReward) -> bool:
    """Return whether it rates each answer in a call of its own, by which the score is final."""
    if isinstance(reward, Batched):
        return reward.reward.batch_size == 1
    return bool(getattr(reward, "rates_alone", False))


async def make_ready(reward: PlannedReward, job: Job) -> Cost:
    """Have a reward that can make sure of itself do so.

    Args:
        reward: Any reward.
        job: A round without answers, with the run's settings and budget.

    Returns:
        What that cost in model requests; nothing but for a judge.

    Raises:
        Exception: whatever keeps the reward from being used.
    """
    inner = reward.reward if isinstance(reward, Batched) else reward
    ready = getattr(inner, "ready", None)
    return (await contained(ready(job)) if asyncio.iscoroutinefunction(ready) else None) or cost()


async def ready_to_score(
    job: Job,
    rewards: tuple[PlannedReward, *tuple[PlannedReward | None, ...]],
    tell: Tell,
    turn: int,
) -> Cost:
    """Make sure of all rewards of a run, at the same time.

    Args:
        job: A round without answers, with the run's settings and budget.
        rewards: What ranks, then the held-out reward and the fallback. The first must be ready,
            unless a fallback would take over. Of the others, one that is away for now is told
            of; one that cannot be right is refused like the first.
        tell: Takes a sentence for the person.
        turn: Counts the queries of the thread.

    Returns:
        What that cost in model requests.

    Raises:
        TPOError: one cannot be used; nothing was asked of the policy. What the check itself cost
            is in its `partial`.
    """
    must = rewards[0] if job.settings.on_reward_failure != "degrade" else None
    known = [reward for reward in rewards if reward is not None]
    ended = await asyncio.gather(*[make_ready(one, job) for one in known], return_exceptions=True)
    costs = [getattr(e, "cost", cost()) if isinstance(e, BaseException) else e for e in ended]
    paid: Cost = {**reduce(add_costs, costs), "sequences": 0}  # a try brings no candidate
    set_to = (job.settings.reward, job.settings.heldout, job.settings.fallback_reward)
    specs = [spec for spec, one in zip(set_to, rewards, strict=False) if one is not None]
    for one, end, spec in zip(known, ended, specs, strict=True):
        if not isinstance(end, BaseException):
            continue
        never = isinstance(end, ConfigError | MissingDependencyError)
        why = str(end) if isinstance(end, TPOError) else evidence(end)
        if never or one is must:
            begin = f"reward {one.name!r} cannot score, so nothing was asked of the policy"
            full = ". Its server takes no more requests for now: try again later"
            advice = full if status_of(end) == TOO_MANY else to_look_into(spec, one.name)
            away = caused_by(RewardError(f"{begin}: {why.rstrip('.')}{advice}"), end)
            error = end if isinstance(end, TPOError) and never else away
            error.partial = {"usage": add_usage(None, usage_of(turn, "sample", paid, 0.0))}
            raise error from end.__cause__
        tell(f"reward {one.name!r} cannot score for now: {why}")
    return paid


async def beside(
    work: Coroutine[object, object, T], reward: PlannedReward, tell: Tell, seconds: float
) -> T:
    """Do some work while a reward looks at its own scores, and tell what it sees.

    Args:
        work: The work.
        reward: The reward.
        tell: Takes a sentence for the person.
        seconds: How long the look may go on when the work is done.

    Returns:
        What the work returns; its errors end the look as well.
    """
    looking = asyncio.create_task(_look(reward, tell))
    try:
        await asyncio.sleep(0)  # what is known already is told first
        done = await work
        await asyncio.wait([looking], timeout=seconds)
        return done
    finally:
        work.close()
        looking.cancel()
        await asyncio.wait([looking], timeout=GRACE)


async def _look(reward: PlannedReward, tell: Tell) -> None:
    try:
        seen = await contained(self_check(reward))
    except Exception as error:  # noqa: BLE001  a look that fails harms nothing
        seen = f"reward {reward.name!r} could not look at its own scores: {evidence(error)}"
    if seen:
        tell(seen)
