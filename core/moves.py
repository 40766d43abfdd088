"""How a candidate is made, and how a round is divided among the ways: the moves of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from typing_extensions import TypedDict

Move = Literal[
    "fresh",  # the request alone
    "rewrite",  # the paper's update: the chosen answer, improved
    "advised",  # the request again, with what was learnt from the chosen answer, which is not shown
]


class Plan(TypedDict):
    """How many candidates of a round are made by which move, and why."""

    fresh: int
    rewrite: int
    advised: int
    why: str
    """One sentence for people."""


def plan_of(record: Mapping[str, object], mode: str, width: int) -> Plan:
    """Return how the round after `record` is divided: all rewrites, unless the mode plans.

    Args:
        record: The round that was ranked.
        mode: The run's.
        width: Candidates per round.
    """
    planned = record.get("plan") if mode == "adaptive" else None
    return cast("Plan", planned) or Plan(fresh=0, rewrite=width, advised=0, why="")


def needs_critique(plan: Plan) -> bool:
    """Return whether a round has moves that loss and gradient are written for."""
    return bool(plan["rewrite"] or plan["advised"])
