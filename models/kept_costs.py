"""What a request of a run has cost, kept before the task that asked is saved.

An event may come too late for that: whoever stops a run no longer reads its events, and a task
that is saved by then is not run again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass

from langgraph.runtime import get_runtime

from ..core.context import Context
from ..core.usage import Cost, Phase

Keep = Callable[[Phase, int, str, Cost], Awaitable[None]]
"""Is called with the phase, the round and the name of a request that has come back."""


@dataclass(frozen=True)
class KeptCosts:
    """What keeps the costs of one run.

    Attributes:
        context: The settings of the run, this very object: a run inside it has others, and its
            costs are part of what a request of this one has cost.
        keep: Keeps one.
    """

    context: Context
    keep: Keep


COSTS: ContextVar[KeptCosts | None] = ContextVar("tpo_kept_costs", default=None)


async def keep_cost(phase: Phase, round: int, request: str, paid: Cost) -> None:
    """Keep what a request has cost, if anything keeps the costs of its run."""
    costs = COSTS.get()
    if costs and get_runtime().context is costs.context:
        await costs.keep(phase, round, request, paid)
