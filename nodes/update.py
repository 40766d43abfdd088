"""Step 5, update: N new candidates that carry out the gradient, or what the plan asks for."""

from __future__ import annotations

import asyncio

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.events import Emitter
from ..core.moves import plan_made_again
from ..core.state import State
from ..core.stopping import spent
from ..core.usage import usage_of
from ..models.budget import budget_left
from .paid.candidates import Wanted, ask_for_candidates
from .paid.run_models import GivenModels, Node, Update


def update_node(*, given: GivenModels) -> Node:
    """Return the node that asks for the next round from chosen, loss and gradient."""

    async def update(state: State, runtime: Runtime[Context]) -> Update:
        run = await given.for_run(runtime, state)
        turn, now = state["turn"], state["round"] + 1
        emit = Emitter(runtime.stream_writer, state["usage"], now)
        wanted = Wanted(
            run=run,
            emit=emit,
            phase="update",
            turn=turn,
            round=now,
            gate=asyncio.Semaphore(run.context.max_concurrency),
            budget=budget_left(run.context, spent(state)),
            messages=read_conversation(state["messages"]).messages,
            state=state,
        )
        got = await ask_for_candidates(wanted, frozenset(state["refused"]))
        return {
            "round": now,
            "candidates": got.records,
            "early": wanted.arrivals.early,
            "usage": usage_of(turn, "update", got.cost, emit.seconds),
            "refused": sorted(got.refused),
            **plan_made_again(state["rounds"][-1], run.context.mode, run.context.width),
        }

    return update
