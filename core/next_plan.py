"""The plan of the next round, from the pool and the settings of a run."""

from __future__ import annotations

from collections.abc import Sequence

from .context import Context
from .moves import Plan
from .round_plan import plan_round
from .state import Candidate


def next_plan(pool: Sequence[Candidate], turn: int, round: int, context: Context) -> Plan:
    """Return how the round after `round` is divided; same pool and seed, same plan."""
    return plan_round(
        pool,
        turn=turn,
        round=round,
        rounds=context.rounds,
        width=context.width,
        seed=context.seed,
    )
