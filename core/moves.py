"""How a candidate is made, and how a round is divided among the ways: the moves of a search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Annotated, Literal, NotRequired, TypeVar, cast

from pydantic import Field
from typing_extensions import TypedDict

from .json_types import JsonObject

Move = Literal[
    "fresh",  # the request alone
    "rewrite",  # the chosen answer, improved
    "advised",  # the request again, with what was learnt from the chosen answer, which is not shown
    "fused",  # the request again, with the best answers to it
]
MOVES: tuple[Move, ...] = ("fresh", "rewrite", "advised", "fused")
Count = Annotated[int, Field(ge=0)]  # how many, never fewer than none
Thing = TypeVar("Thing")


class Plan(TypedDict):
    """How many candidates of a round are made by which move, and why."""

    fresh: Count
    rewrite: Count
    advised: Count
    fused: NotRequired[Count]
    """Left out if none is."""
    critique: NotRequired[bool]
    """Whether loss and gradient are written for it; `False` if rewrites and advised answers go
    by what the reward says alone, or if there are none. Older plans do not have it."""
    why: str
    """One sentence for people."""


def plan_of(record: Mapping[str, object], mode: str, width: int) -> Plan:
    """Return how the round after `record` is divided: all rewrites, unless the mode plans.

    If nothing in a plan would go by what a person has written since, it is made again.

    Args:
        record: The round that was ranked.
        mode: The run's.
        width: Candidates per round.
    """
    if mode != "adaptive" or not record.get("plan"):
        return Plan(fresh=0, rewrite=width, advised=0, why="")
    plan = cast("Plan", record["plan"])
    words = record.get("loss") or record.get("gradient")
    return by_words(plan) if words and not (plan["rewrite"] or plan["advised"]) else plan


def by_words(plan: Plan) -> Plan:
    """Return a plan of fresh texts for a round that a person has written a critique for.

    Evenly, as nobody knows which of the three pays; the critique itself is there already.

    Example:
        >>> by_words(Plan(fresh=7, rewrite=0, advised=0, why="no critique"))["rewrite"]
        3
    """
    rewrite, advised, fresh = ((plan["fresh"] + more) // 3 for more in (2, 1, 0))
    why = "a person wrote what to change, so it is tried as rewrites and as advice"
    numbers = {"fresh": fresh, "rewrite": rewrite, "advised": advised}
    return cast("Plan", {**plan, **numbers, "critique": False, "why": why})


def plan_made_again(record: Mapping[str, object], mode: str, width: int) -> JsonObject:
    """Return what the state is to hold if a round is not divided as it was planned; else nothing.

    Args:
        record: The round that was ranked.
        mode: The run's.
        width: Candidates per round.
    """
    plan = plan_of(record, mode, width)
    if mode != "adaptive" or plan == record.get("plan", plan):
        return {}
    return {"rounds": [{"turn": record["turn"], "round": record["round"], "plan": plan}]}


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
