"""Step 5, update: N new candidates that carry out the gradient."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.events import Emitter
from ..core.moves import plan_of
from ..core.state import State
from ..core.stopping import spent
from ..core.usage import usage_of
from ..models.budget import budget_left
from .paid.candidates import Wanted, ask_for_candidates
from .paid.run_models import GivenModels, Node, RunModels, Update
from .paid.ways import Way, advised, fresh, rewrite


def update_node(*, given: GivenModels) -> Node:
    """Return the node that asks for the next round from chosen, loss and gradient."""

    async def update(state: State, runtime: Runtime[Context]) -> Update:
        run = await given.for_run(runtime)
        turn, now = state["turn"], state["round"] + 1
        emit = Emitter(runtime.stream_writer, state["usage"], now)
        wanted = Wanted(
            run=run,
            emit=emit,
            ways=_ways(state, run),
            phase="update",
            turn=turn,
            round=now,
            gate=asyncio.Semaphore(run.context.max_concurrency),
            budget=budget_left(run.context, spent(state)),
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


def _ways(state: State, run: RunModels) -> Sequence[Way]:
    """Return how the round is asked for: rewrites as in the paper, unless a plan says more."""
    plan = plan_of(state["rounds"][-1], run.context.mode, run.context.width)
    first, then = plan["fresh"], plan["fresh"] + plan["rewrite"]
    end = then + plan["advised"]
    ways: list[Way] = []
    if first:
        ways.append(fresh(run, read_conversation(state["messages"]).messages, range(first)))
    if then > first:
        ways.append(rewrite(run, state, range(first, then)))
    if end > then:
        ways.append(advised(run, state, range(then, end)))
    return ways
