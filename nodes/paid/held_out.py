"""The held-out score of the chosen answer, made beside the step that follows its ranking.

With `guard="stop"` the edge after `rank` needs it, and a person who picks may want to see it: then
`rank` makes it. Otherwise nothing waits for it, so `loss` makes it while the critic writes, or
`finish` if the loop stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TypeVar, cast

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from ...core.context import Context
from ...core.events import Emitter
from ...core.json_types import JsonObject
from ...core.pool import by_id
from ...core.state import Candidate, Score, State
from ...core.stopping import spent
from ...core.usage import Cost, UsageDelta, add_costs, cost, usage_of
from ...models.budget import Budget, budget_left
from ...models.request import RequestError
from ...rewards.heldout_sample import heldout_samples
from ...rewards.marked_call import StepCalls, job_of
from ...rewards.planned_reward import Job, PlannedReward, requests_to_score
from .run_models import GivenModels, Update
from .saved_score import saved_scores

T = TypeVar("T")


class Measured(TypedDict, total=False):
    """A held-out score as a step writes it; empty if there was nothing to do."""

    rounds: list[JsonObject]
    usage: UsageDelta


def waits(context: Context) -> bool:
    """Return whether the held-out score is made after the ranking, not in it."""
    return context.guard == "report" and not context.human_pick


async def held_out_scores(
    reward: PlannedReward,
    job: Job,
    emit: Emitter,
    pay: Callable[[Cost], None],
    step: StepCalls | None = None,
) -> list[float | None]:
    """Score answers without steering; failures are one notice and no more."""
    settle: Callable[[int, Score], None] = lambda *_: None  # noqa: E731
    scores = await saved_scores(reward, "heldout", job, emit.notice, pay, settle, step=step)
    if why := next((score["error"] for score in scores if score["error"]), None):
        emit.notice(f"the held-out reward {reward.name!r} failed: {why}")
    return [score["reward"] for score in scores]


def to_measure(state: State, given: GivenModels, context: Context) -> Candidate | None:
    """Return the round's chosen answer, if its held-out score is still to be made."""
    record = state["rounds"][-1]
    done = record["heldout"] is not None or record["loss"] or record["error"]
    if done or not waits(context) or not (given.heldout or context.heldout):
        return None
    return by_id(state["candidates"], record["chosen"])


def sparing(reward: PlannedReward, budget: Budget, context: Context) -> Budget:
    """Return a budget that leaves one of its requests to the critic, who comes first."""
    most, left = requests_to_score(reward, 1), budget.requests - 1
    if left >= most + context.retries:
        return budget
    return replace(budget, requests=max(0, min(most, left)))


async def measured(
    state: State, given: GivenModels, runtime: Runtime[Context], emit: Emitter, own: Budget | None
) -> Measured:
    """Make the held-out score of the round's chosen answer, if that is still to be done.

    Args:
        state: The state before the step.
        given: Models, and the settings of a run that is given none.
        runtime: The step's.
        emit: The step's; the round is sent again with the figure.
        own: What the step's own request may cost, which comes first; `None`: it has none.

    Returns:
        The figure and its cost as a step writes them; nothing if there is nothing to do.
    """
    context, rounds, paid = given.settings(runtime), list[JsonObject](), [cost()]
    chosen, ends = to_measure(state, given, context), own is None and waits(context)
    if not (chosen or ends) or not (run := await given.for_run(runtime)).heldout:
        return {}
    reward, left = run.heldout, budget_left(run.context, spent(state))
    nothing = job_of(state, sparing(reward, own, context) if own else left, context)
    criteria = nothing.criteria

    async def score(texts: Sequence[str]) -> list[float | None]:
        return await held_out_scores(reward, replace(nothing, answers=texts), emit, paid.append)

    if chosen:
        (figure,) = await score([chosen["text"]])
        found = {"heldout": figure, **({"criteria": criteria} if criteria else {})}
        if figure is not None:
            emit("round", {"selected": {**state["rounds"][-1], **found}})
        rounds.append({"turn": state["turn"], "round": state["round"], **found})
    if ends:
        await heldout_samples(state, rounds, context, score, emit.notice)
    if not rounds:
        return {}
    seconds = 0.0 if own else emit.seconds  # the step counts its own
    usage = usage_of(state["turn"], "rank", reduce(add_costs, paid), seconds)
    return {"rounds": rounds, "usage": usage}


async def both(
    asking: Awaitable[T], late: Awaitable[Measured]
) -> tuple[T | RequestError, Measured]:
    """Await a request and what is `measured` at the same time.

    Returns:
        What the request brought, or its error; and what was measured.
    """
    ended, done = await asyncio.gather(asking, late, return_exceptions=True)
    if isinstance(ended, BaseException) and not isinstance(ended, RequestError):
        raise ended
    if isinstance(done, BaseException):
        raise done
    return ended, done


def together(step: Update, late: Measured) -> Update:
    """Return what a step writes, with what was `measured` beside it."""
    if not late:
        return step
    rounds = [*late["rounds"], *cast("list[object]", step["rounds"])]
    return {**step, "rounds": rounds, "usage": [late["usage"], step["usage"]]}
