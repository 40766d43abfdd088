"""How a candidate is made, and how a round is divided among the ways: the moves of a search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Literal, NotRequired, TypeVar, cast

from typing_extensions import TypedDict

Move = Literal[
    "fresh",  # the request alone
    "rewrite",  # the chosen answer, improved
    "advised",  # the request again, with what was learnt from the chosen answer, which is not shown
    "fused",  # the request again, with the best answers to it
]
MOVES: tuple[Move, ...] = ("fresh", "rewrite", "advised", "fused")
Thing = TypeVar("Thing")


class Plan(TypedDict):
    """How many candidates of a round are made by which move, and why."""

    fresh: int
    rewrite: int
    advised: int
    fused: NotRequired[int]
    """Left out if none is."""
    critique: NotRequired[bool]
    """Whether loss and gradient are written for it; `False` if rewrites and advised answers go
    by what the reward says alone, or if there are none. Older plans do not have it."""
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


def places_of(plan: Plan) -> dict[Move, range]:
    """Return the places of a round that each move fills.

    Example:
        >>> places_of(Plan(fresh=2, rewrite=3, advised=0, why=""))["rewrite"]
        range(2, 5)
    """
    numbers = [plan["fresh"], plan["rewrite"], plan["advised"], plan.get("fused", 0)]
    ends = [0, *accumulate(numbers)]
    return {move: range(*both) for move, both in zip(MOVES, pairwise(ends), strict=True)}


def needs_critique(plan: Plan) -> bool:
    """Return whether a round has moves that loss and gradient are written for."""
    return bool(plan["rewrite"] or plan["advised"]) and plan.get("critique", True)


def dealt(places: range, things: Sequence[Thing]) -> Iterator[tuple[range, Thing]]:
    """Divide the places of a round among some things: the first of them get more.

    Example:
        >>> list(dealt(range(3, 8), ["a", "b"]))
        [(range(3, 6), 'a'), (range(6, 8), 'b')]
    """
    for nth, thing in enumerate(things):
        start, end = (-(-k * len(places) // len(things)) for k in (nth, nth + 1))
        if part := places[start:end]:
            yield part, thing
