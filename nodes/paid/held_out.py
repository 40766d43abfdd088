"""The held-out score of the chosen answer, made beside the step that follows its ranking.

With `guard="stop"` the edge after `rank` needs it, and a person who picks may want to see it: then
`rank` makes it. Otherwise nothing waits for it, so `loss` makes it while the critic writes, or
`finish` if the loop stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar, cast

from langgraph.runtime import Runtime

from ...core.context import Context
from ...core.conversation import read_conversation
from ...core.early import Early
from ...core.events import Emitter
from ...core.pool import by_id
from ...core.state import State
from ...core.usage import cost, usage_of
from ...models.budget import Budget
from ...models.request import RequestError
from ...rewards.planned_reward import requests_to_score
from .run_models import GivenModels, Update
from .score_round import Ranking

T = TypeVar("T")


def waits(context: Context) -> bool:
    """Return whether the held-out score is made after the ranking, not in it."""
    return context.guard == "report" and not context.human_pick


async def held_out(
    state: State,
    given: GivenModels,
    runtime: Runtime[Context],
    emit: Emitter,
    budget: Budget,
    *,
    spare: int,
) -> Update:
    """Score the round's chosen answer, if that is still to be done.

    Args:
        state: The state before the step.
        given: Models, and the settings of a run that is given none.
        runtime: The step's.
        emit: The step's; the round is sent again with the figure.
        budget: What the step may cost.
        spare: How many of its requests are for something else.

    Returns:
        The figure and its cost as a step writes them; nothing if there is nothing to do.
    """
    context, record = given.settings(runtime), state["rounds"][-1]
    chosen = by_id(state["candidates"], record["chosen"])
    done = record["heldout"] is not None or record["loss"] or record["error"]
    if done or chosen is None or not waits(context) or not (given.heldout or context.heldout):
        return {}
    run = await given.for_run(runtime)
    if run.heldout is None:
        return {}
    most = requests_to_score(run.heldout, 1)
    if budget.requests < most + spare + context.retries:  # what repeats it would take the spare
        budget = replace(budget, requests=max(0, min(most, budget.requests - spare)))
    messages = read_conversation(state["messages"]).messages
    degraded, early = state.get("degraded", False), Early(run="", scores=[])
    ranking = Ranking(run, messages, emit, state["candidates"], (), degraded, early, budget, cost())
    score = await ranking.heldout(run.heldout, chosen["text"])
    if score is not None:
        emit("round", {"selected": {**record, "heldout": score}})
    figure = {"turn": state["turn"], "round": state["round"], "heldout": score}
    return {"rounds": [figure], "usage": usage_of(state["turn"], "rank", ranking.cost, 0.0)}


async def beside(asking: Awaitable[T], late: Awaitable[Update]) -> tuple[T | RequestError, Update]:
    """Await a request and what `held_out` does at the same time.

    Returns:
        What the request brought, or its error; and what `held_out` returns.
    """
    ended, done = await asyncio.gather(asking, late, return_exceptions=True)
    if isinstance(ended, BaseException) and not isinstance(ended, RequestError):
        raise ended
    if isinstance(done, BaseException):
        raise done
    return ended, done


def joined(step: Update, late: Update) -> Update:
    """Return what a step writes, with what `held_out` returned."""
    if not late:
        return step
    rounds = [part for one in (late, step) for part in cast("list[object]", one.get("rounds", []))]
    return {**step, "rounds": rounds, "usage": [late["usage"], step["usage"]]}
