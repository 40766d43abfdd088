"""Step 5, update: N new candidates that carry out the gradient."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.events import Emitter
from ..core.pool import by_id
from ..core.state import State
from ..core.stopping import spent
from ..core.usage import usage_of
from ..models.asking.sampling import answer_sampling
from ..models.budget import budget_left
from ..models.request import Request
from ..prompts.round_texts import clip_tokens, critique_of
from ..prompts.update import partial_update, read_update, update_format
from .paid.candidates import Wanted, ask_for_candidates
from .paid.run_models import GivenModels, Node, RunModels, Update


def update_node(*, given: GivenModels) -> Node:
    """Return the node that asks for the next round from chosen, loss and gradient."""

    async def update(state: State, runtime: Runtime[Context]) -> Update:
        run = await given.for_run(runtime)
        context = run.context
        turn, now = state["turn"], state["round"] + 1
        emit = Emitter(runtime.stream_writer, state["usage"], now)
        chosen = by_id(state["candidates"], state["rounds"][-1]["chosen"])
        wanted = Wanted(
            run=run,
            emit=emit,
            request=_requests(state, run),
            read=read_update,
            partial=partial_update,
            phase="update",
            turn=turn,
            round=now,
            parent_round=chosen["round"] if chosen else None,
            gate=asyncio.Semaphore(context.max_concurrency),
            budget=budget_left(context, spent(state)),
            messages=read_conversation(state["messages"]).messages,
            pool=state["candidates"],
            degraded=state.get("degraded", False),
        )
        known = frozenset(state["refused"])
        got = await ask_for_candidates(wanted, known)
        return {
            "round": now,
            "candidates": got.records,
            "early": wanted.arrivals.early,
            "usage": usage_of(turn, "update", got.cost, emit.seconds),
            "refused": sorted(got.refused),
        }

    return update


def _requests(state: State, run: RunModels) -> Callable[[frozenset[str]], Request]:
    """Return what asks for an update, given the refused parameters.

    A server that refuses structured output is asked for tags instead.
    """
    context, policy = run.context, run.policy
    critique = critique_of(state, context)

    def request(refused: frozenset[str]) -> Request:
        form = update_format(context, prefers_json=policy.prefers_json, refused=refused)
        return Request(
            policy,
            run.prompts.render(
                "update",
                critique,
                clip_tokens=clip_tokens(context, policy),
                output=form.output,
            ),
            **answer_sampling(context),
            schema=form.schema,
            refused=refused,
            timeout=context.timeout,
            live=context.live,
        )

    return request
