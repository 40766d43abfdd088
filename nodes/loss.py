"""Step 3, textual loss: the critic says why the chosen answer beats the rejected one."""

from __future__ import annotations

from typing import Literal

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.events import Emitter
from ..core.state import State
from ..core.stopping import spent, why_stop
from ..core.usage import cost, usage_of
from ..models.asking.critique_request import ask_for_critique
from ..models.asking.sampling import critique_sampling
from ..models.budget import budget_left
from ..models.live_request import request_seed
from ..models.request import Request, RequestError
from ..prompts.round_texts import clip_tokens, critique_of
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
        if step in record.get("by_hand", []) and record[step]:  # a person's: see `choose`
            emit(step, {"text": record[step]})
            return {"usage": usage_of(turn, step, cost(), emit.seconds)}
        request = _request(state, await given.for_run(runtime, state), step)
        place = {"turn": turn, "round": now}
        # The request is not a task: the node ends with it, and is saved itself.
        asking = ask_for_critique(request, emit, step, f"r{now}-{step}")
        late = measured(state, given, runtime, emit, request.budget)
        ended, heldout = await both(asking, late)
        if isinstance(ended, RequestError):
            error = ended
            why = {"error": f"{step}: {error}", "failure": error.failure}
            usage = usage_of(turn, step, error.cost, emit.seconds)
            cut_short = error.failure == "budget" or not request.budget.seconds
            halt = "budget" if cut_short else "critique_failed"
            return together({"rounds": [{**place, **why}], "halt": halt, "usage": usage}, heldout)
        text = ended.replies[0].text
        emit(step, {"text": text})
        written: Update = {
            "rounds": [{**place, step: text}],
            "critic_refused": sorted(ended.refused),
            "usage": usage_of(turn, step, ended.cost, emit.seconds),
        }
        return together(written, heldout)

    return critique


def _request(state: State, run: RunModels, step: Literal["loss", "gradient"]) -> Request:
    context, critic, now = run.context, run.critic, state["round"]
    # What is still to come of the round: gradient, one update, and the update's score.
    ranking = run.ranking(degraded=state.get("degraded", False))
    later = (2 if step == "loss" else 1) + requests_to_score(ranking, 1, state["candidates"])
    refused = set(state["critic_refused"])
    if not run.own_critic:
        refused |= critic.refused(state["refused"]) - {"n", "response_format"}
    return Request(
        critic,
        run.prompts.render(
            step, critique_of(state, context), clip_tokens=clip_tokens(context, critic)
        ),
        **critique_sampling(context, request_seed(context, step, now, 0)),
        refused=frozenset(refused),
        timeout=context.timeout,
        retries=context.retries,
        budget=budget_left(context, spent(state)).without(later),
        live=context.live,
        label=f"{step} r{now}",
    )
