"""Whether a run can go on from its state, which a person may have edited.

The records of the state (core/state.py) say themselves what they may hold; here is what no single
field can say. A step asks before it does anything, so nothing is paid for nonsense.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .errors import InputError, evidence
from .failure import failure_of
from .json_types import JsonObject
from .make_context import explain
from .number_format import LARGEST
from .pool import by_id
from .state import InputState, Round, State

RANKED = frozenset({"choose", "loss", "gradient", "update", "finish"})  # steps after a ranking
ADVICE = "Edit it otherwise, or go on from an earlier checkpoint"


def check_state(state: State, step: str = "") -> None:
    """Refuse a state that no run can have come to.

    Args:
        state: What is known so far, none of it required.
        step: The step that is to go on from it; "" if that is not known.

    Raises:
        InputError: it names the field and says what is allowed there.

    Example:
        >>> check_state({"turn": 1, "round": 0, "rounds": []}, "rank")
    """
    try:
        channel_types().validate_python({k: v for k, v in state.items() if v != {}})  # not begun
    except ValidationError as error:
        wrong = explain(error)
    else:  # before `sample`, what an unfinished turn has left may lie beside the last one
        wrong = "" if step == "sample" else next(contradictions(state, step), "")
    if wrong:
        raise InputError(f"the state of this run cannot be right: {evidence(wrong)}. {ADVICE}")


@cache
def channel_types() -> TypeAdapter[JsonObject]:
    """Return what validates all channels but those of the input, whose readers check them."""
    hints = get_type_hints(State, include_extras=True)
    fields = {k: kind for k, kind in hints.items() if k not in InputState.__annotations__}
    make: Any = TypedDict  # type checkers know it with literals only
    channels = make("State", fields, total=False)
    channels.__pydantic_config__ = ConfigDict(strict=True, allow_inf_nan=False)
    return TypeAdapter(channels)


def contradictions(state: State, step: str) -> Iterator[str]:
    """Yield what in a state does not go together, though each field may be right."""
    pool, turn, now = state.get("candidates", []), state.get("turn", 0), state.get("round", 0)
    mine = [record for record in state.get("rounds", []) if record["turn"] == turn]
    yield from (f"{c['id']} is of turn {c['turn']}, not {turn}" for c in pool if c["turn"] != turn)
    for c in pool:
        if abs(c["reward"] or 0.0) > LARGEST:
            yield f"the reward of {c['id']}: stay within {LARGEST:g}"
    numbers = [record["round"] for record in mine]
    if numbers != [*range(len(mine))] or now not in {len(mine), len(mine) - 1}:
        yield f"round {now} does not follow the ranked rounds {numbers}"
    ids = {None, *(c["id"] for c in pool)}
    for record in mine:
        yield from (f"there is no candidate {one!r}" for one in named_in(record) - ids)
    if step in RANKED:
        yield from unranked(state, mine, step)


def named_in(record: Round) -> set[str | None]:
    """Return the ids of the candidates that a round names."""
    others = (one["rejected"] for one in record.get("further", ()))
    return {record["chosen"], record["rejected"], *others}


def unranked(state: State, mine: list[Round], step: str) -> Iterator[str]:
    """Yield what a step after a ranking misses."""
    pool, now = state["candidates"], state["round"]
    again = f"write it as `{'update' if now else 'sample'}`, and the round is ranked again"
    if len(mine) != now + 1:
        yield f"round {now} is not ranked yet: {again}"
    elif step != "finish":
        name = mine[-1]["chosen"]
        chosen = by_id(pool, name)
        # One that was vetoed is what the critique is about while no answer can be used.
        if not chosen or failure_of(chosen) not in {None, "vetoed"}:
            yield f"the chosen answer {name!r} cannot be used: choose another, or {again}"
        elif chosen["reward"] is None and chosen["error"] is None:
            yield f"the chosen answer {name!r} has no reward: {again}"
