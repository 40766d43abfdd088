"""One text from the critic: what `loss` and `gradient` share."""

from __future__ import annotations

from typing import Any, Literal

from langgraph.runtime import Runtime

from ...core.context import Context
from ...core.conversation import read_conversation
from ...core.errors import PolicyError
from ...core.events import Emitter
from ...core.pool import by_id
from ...core.reply import Reply, split_reasoning
from ...core.state import State
from ...core.stopping import requests_left, why_stop
from ...core.usage import cost
from ...models.policy import Policy
from ...models.request import OnText, Request, RequestError, Response, ask
from ...prompts.prompt_set import Critique
from .durable import request_seed, request_timeout, traced, usage_of
from .live_text import growing
from .run_models import GivenModels, Node, RunModels

TEXTS_PER_PROMPT = 5  # query, chosen, rejected, loss, gradient


def critique_of(state: State, context: Context) -> Critique:
    """Return the texts of the current round that prompts are made of.

    Revision is the same loop without the rejected answer.
    """
    now, pool = state["rounds"][-1], state["candidates"]
    chosen = by_id(pool, now["chosen"])
    rejected = None if context.mode == "revision" else by_id(pool, now["rejected"])
    if chosen is None:
        raise PolicyError(f"round {now['round']} has no chosen candidate to improve on")
    return Critique(
        query=read_conversation(state["messages"]).text,
        chosen=chosen["text"],
        rejected=rejected["text"] if rejected else None,
        loss=now["loss"] or "",
        gradient=now["gradient"] or "",
    )


def clip_tokens(context: Context, policy: Policy) -> int:
    """Return how much of each text a prompt may show: the setting, or what the model holds."""
    if policy.context_tokens is None:
        return context.clip_tokens
    room = policy.context_tokens - min(context.max_tokens or 0, policy.context_tokens // 2) - 400
    return max(32, min(context.clip_tokens, room // TEXTS_PER_PROMPT))


def critique_node(*, given: GivenModels, step: Literal["loss", "gradient"]) -> Node:
    """Return the node that has the critic write `step` and stores it in the round.

    A critique that cannot be had ends the loop with the best answer so far.
    """

    async def critique(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        context = given.settings(runtime)
        if step == "loss" and (reason := why_stop(state, context)):
            return {"halt": reason}  # the edge could not know, or the settings are others now
        turn, now = state["turn"], state["round"]
        emit = Emitter(runtime.stream_writer, state["usage"], now)
        record = state["rounds"][-1]
        if step in record.get("by_hand", []) and record[step]:  # a person's: see `choose`
            emit(step, {"text": record[step]})
            return {"usage": usage_of(turn, step, cost(), emit.seconds)}
        run = await given.for_run(runtime)
        refused = set(state["critic_refused"])
        if not run.own_critic:
            refused |= set(state["refused"]) - {"n", "response_format"}
        request = _request(state, run, step, frozenset(refused))
        update: dict[str, Any]
        try:
            response, text = await _write(request, emit, step, now)
            written = {"turn": turn, "round": now, step: text}
            update = {"rounds": [written], "critic_refused": sorted(response.refused)}
            paid = response.cost
        except RequestError as error:
            failed = {"turn": turn, "round": now, "error": f"{step}: {error}"}
            update = {"rounds": [failed], "halt": "critique_failed"}
            paid = error.cost
        return {**update, "usage": usage_of(turn, step, paid, emit.seconds)}

    critique.__name__ = step
    return critique


def _request(
    state: State, run: RunModels, step: Literal["loss", "gradient"], refused: frozenset[str]
) -> Request:
    context, critic = run.context, run.critic
    left = requests_left(state, context)
    return Request(
        critic,
        run.prompts.render(
            step, critique_of(state, context), clip_tokens=clip_tokens(context, critic)
        ),
        parameters={
            "temperature": context.critique_temperature,
            "top_p": context.top_p,
            "max_tokens": context.critique_max_tokens,
            "seed": request_seed(context, step, state["round"], 0),
        },
        refused=refused,
        timeout=request_timeout(context, state),
        retries=context.retries,
        # What is still to come of the round (gradient, update) keeps one request each.
        most=None if left is None else max(1, left - (2 if step == "loss" else 1)),
        live=context.live,
        label=f"{step} r{state['round']}",
        metadata=traced(step, state["round"], f"r{state['round']}-{step}"),
    )


async def _write(
    request: Request, emit: Emitter, step: Literal["loss", "gradient"], now: int
) -> tuple[Response, str]:
    """Ask for the loss or the gradient. No task: the node ends with it, and is saved itself."""
    about = {"request": f"r{now}-{step}", "phase": step}

    def begin() -> OnText:
        emit("request_started", {**about, "sequences": 1})
        return growing(lambda raw: split_reasoning(raw)[0], show)

    def show(text: str) -> None:
        emit(f"{step}_delta", {"request": about["request"], "candidate": None, "text": text})

    try:
        response = await ask(request, begin)
        reply = _usable(request, response)
    except RequestError as error:
        emit("request_failed", {**about, "error": str(error)})
        raise
    emit("request_finished", {**about, "cost": response.cost})
    emit(step, {"text": reply.text})
    return response, reply.text


def _usable(request: Request, response: Response) -> Reply:
    reply = response.replies[0] if response.replies else None
    if reply is None or reply.error:
        said = reply.error if reply else "the server returned no text at all"
        raise RequestError(f"{request.policy.name}: {said}", response.cost)
    return reply
