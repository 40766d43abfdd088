"""Step 3, textual loss: the critic says why the chosen answer beats the rejected one."""

from __future__ import annotations

from typing import Literal

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.events import Emitter
from ..core.moves import needs_critique, plan_of
from ..core.planning.pairs import to_criticise
from ..core.round_critique import RoundCritique, critiques_in, with_texts
from ..core.state import State
from ..core.stopping import spent, why_stop
from ..core.usage import cost, usage_of
from ..models.asking.critiques import ask_for_critiques
from ..models.budget import budget_left
from ..models.request import Request, RequestError
from ..prompts.critic_requests import critic_requests
from ..rewards.planned_reward import requests_to_score
from .paid.run_models import GivenModels, Node, RunModels, Update
from .paid.score_round import both, measured, together


def loss_node(*, given: GivenModels) -> Node:
    """Return the node that writes `loss` into the current round."""
    return critique_node(given=given, step="loss")


def critique_node(*, given: GivenModels, step: Literal["loss", "gradient"]) -> Node:
    """Return the node of step 3 or 4: the critic writes one text for the current round.

    If the critic fails, the loop ends with the best answer so far.
    """

    async def critique(state: State, runtime: Runtime[Context]) -> Update:
        context = given.settings(runtime)
        if step == "loss" and (reason := why_stop(state, context)):
            return {"halt": reason}  # the edge could not know, or the settings are others now
        turn, now, record = state["turn"], state["round"], state["rounds"][-1]
        emit = Emitter(runtime.stream_writer, state["usage"], now)
        mine = record[step] if step in record.get("by_hand", []) else ""  # see `choose`
        if mine:
            emit(step, {"text": mine})
        if mine or not needs_critique(plan_of(record, context.mode, context.width)):
            return {"usage": usage_of(turn, step, cost(), emit.seconds)}
        critiques, requests = _requests(state, await given.for_run(runtime, state), step)
        place, budget = {"turn": turn, "round": now}, requests[0].budget
        asking = ask_for_critiques(requests, emit, step)
        ended, heldout = await both(asking, measured(state, given, runtime, emit, budget))
        if isinstance(ended, RequestError):
            why = {"error": f"{step}: {ended}", "failure": ended.failure}
            usage = usage_of(turn, step, ended.cost, emit.seconds)
            cut_short = ended.failure == "budget" or not budget.seconds
            halt = "budget" if cut_short else "critique_failed"
            return together({"rounds": [{**place, **why}], "halt": halt, "usage": usage}, heldout)
        for fields in ended.events:
            emit(step, fields)
        rounds = [{**place, **with_texts(critiques, step, ended.texts)}]
        usage = usage_of(turn, step, ended.cost, emit.seconds)
        written = {"rounds": rounds, "critic_refused": sorted(ended.refused), "usage": usage}
        return together(written, heldout)

    return critique


def _requests(
    state: State, run: RunModels, step: Literal["loss", "gradient"]
) -> tuple[list[RoundCritique], list[Request]]:
    """Return the critiques that the step is to go on with, and what to ask for each."""
    context, critic, record = run.context, run.critic, state["rounds"][-1]
    ranking = run.ranking(degraded=state.get("degraded", False))
    left, critiques = budget_left(context, spent(state)), critiques_in(record)
    later = 1 + requests_to_score(ranking, 1, state["candidates"])  # an update and its score
    if step == "loss":  # each is followed by a gradient and an update
        critiques = to_criticise(state, context, left.requests / (2 + later))
        later = len(critiques) * (1 + later)
    refused = set(state["critic_refused"])
    if not run.own_critic:
        refused |= critic.refused(state["refused"]) - {"n", "response_format"}
    base = Request(critic, [], refused=frozenset(refused), budget=left.without(later))
    return critiques, critic_requests(base, run.prompts, step, state, context, critiques)
