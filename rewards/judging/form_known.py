"""Whether a model replies in a judge's form: asked once per process and model.

A judge that cannot be read is found out before the first answer is paid for. It costs one
short request, and a second one if the first brought no verdict.
"""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary, WeakValueDictionary

from langchain_core.messages import HumanMessage

from ...core.errors import RewardError, TPOError
from ...core.usage import Cost, add_costs, cost
from ...models.policy import PolicyLike, resolve_policy
from ...models.unwrap import ChatLike
from ..planned_reward import Job, PlannedReward
from ..served.doubtful_scores import ANSWERS, QUESTION

TRIES = 2  # a weak judge misses the form now and then
Key = tuple[str, str | int]

# What this process has seen of judges; it says nothing about any answer.
_named: set[Key] = set()
_objects: WeakValueDictionary[Key, ChatLike] = WeakValueDictionary()
_asking: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def form_known(judge: PlannedReward, kind: str, model: PolicyLike, job: Job) -> Cost:
    """Make sure that a judge's model is there, and once that it replies in the judge's form.

    Args:
        judge: The judge.
        kind: Which of the forms it wants, as its spec begins.
        model: Its model, or the spec of that.
        job: A round without answers. If its run has a budget, none of it is spent here.

    Returns:
        What it cost.

    Raises:
        Exception: whatever keeps it from judging.
    """
    await resolve_policy(model)
    key: Key = (kind, model if isinstance(model, str) else id(model))
    async with _asking.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        run = job.settings
        budget = run.budget_requests or run.budget_tokens or run.budget_usd or run.budget_seconds
        if key in _named or key in _objects or budget:
            return cost()
        query = [HumanMessage(QUESTION)]
        paid = await _try_form(judge, Job(query, ANSWERS[:3], (), job.budget, job.settings))
        if isinstance(model, str):
            _named.add(key)
        else:
            _objects[key] = model
        return paid


async def _try_form(judge: PlannedReward, job: Job) -> Cost:
    paid = cost()
    for nth, call in enumerate((judge.plan(job) * TRIES)[:TRIES], start=1):
        try:
            done = await judge.call(job, call)
            return add_costs(paid, cost(**done["cost"]))
        except TPOError as error:
            paid = add_costs(paid, getattr(error, "cost", cost()))
            error.cost = paid  # type: ignore[attr-defined]
            if nth == TRIES or not isinstance(error, RewardError):  # not for want of a verdict
                raise
    return paid
