"""What a run leaves in `response_metadata["tpo"]` of the message it answered with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ...core.dollars import with_dollars
from ...core.final_answer import answer_of
from ...core.gain import gain_of
from ...core.json_types import JsonObject
from ...core.state import State

Detail = Literal["brief", "full"]
_POOL = ("id", "reward", "drafted", "error", "failure")
_ROUND = (
    "round", "chosen", "rejected", "best", "mean", "spread", "heldout", "error", "failure",
)  # fmt: skip


def trace_of(state: State, detail: Detail = "brief") -> JsonObject:
    """Return the trace of a finished run: plain JSON.

    Args:
        state: The values the run ended with.
        detail: `brief` leaves the texts of candidates, losses and gradients out, so that a
            conversation that is saved does not carry every pool; `full` keeps them.

    Returns:
        `answer` (id of the candidate), `reward`, `stop_reason`, `candidates`, `rounds`,
        `usage` (the sum), `gain` (what the rounds after the first samples were worth).
    """
    winner = answer_of(state, state["stop_reason"])
    pool, rounds = state["candidates"], state["rounds"]
    full = detail == "full"
    return {
        "answer": winner["id"] if winner else None,
        "reward": state["reward"],
        "stop_reason": state["stop_reason"],
        "candidates": [dict(c) if full else _only(c, _POOL) for c in pool],
        "rounds": [dict(r) if full else _only(r, _ROUND) for r in rounds],
        "usage": with_dollars(state["usage"]["total"]),
        "gain": gain_of(pool, state["usage"], winner),
    }


def _only(record: Mapping[str, object], names: tuple[str, ...]) -> JsonObject:
    """Return the named fields that hold something."""
    return {name: record[name] for name in names if record.get(name) is not None}
