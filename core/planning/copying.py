"""Whether the rewrites of a round copy what was there, so that the next ones must differ more."""

from __future__ import annotations

from ..context import Context
from ..pool import of_round
from ..state import State


def mostly_copies(state: State, context: Context) -> bool:
    """Return whether a run that plans has rewrites that mostly copy what was there."""
    last = state["rounds"][-1]
    rewrites = [
        c for c in of_round(state["candidates"], last["round"]) if c.get("move") == "rewrite"
    ]
    copies = last.get("near_copies", 0)
    return context.mode == "adaptive" and bool(rewrites) and 2 * copies >= len(rewrites)
