"""What a client may edit in the state of a thread: what a person has reason to change.

Counters, costs and what ends a run stay as they are, because limits are kept by them. Forms send
the whole state; what is there already is not an edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ...core.moves import needs_critique, places_of
from ...core.sound_state import check_state
from ...core.state import NO_SCORE, InputState, State
from ..served_models import App
from .check_update import check_update

GIVEN = frozenset(InputState.__annotations__)
EDITABLE = {
    "candidates": ("text", "finish_reason", *NO_SCORE),
    "rounds": ("chosen", "rejected", "picked_by", "loss", "gradient", "by_hand", "further", "plan"),
}
KEYS = {"candidates": "id", "rounds": "round"}
ALLOWED = "; ".join(
    [", ".join(sorted(GIVEN)), *(f"of {k} {', '.join(names)}" for k, names in EDITABLE.items())]
)


def check_edit(app: App, values: JsonObject, edit: object) -> None:
    """Check that a client may edit the state of a thread so, and that a run can go on from it.

    Args:
        app: The graph.
        values: The state of the thread.
        edit: What is to be merged into it.

    Raises:
        InputError: it changes what is not to be edited, or into what it cannot be.
    """
    merged = check_update(app, values, edit)
    known = State.__annotations__
    for name, value in merged.items():
        same = name in known and value == values.get(name)
        if not (same or name in GIVEN or name in EDITABLE):
            raise InputError(f"{name} cannot be edited. What can: {ALLOWED}")
    edited = [name for name in EDITABLE if name in merged]
    pairs = [pair for name in edited for pair in records(name, values, merged)]
    if pairs:
        check_state(cast("State", {**values, **merged}))
    if any(costs_more(was, now) for was, now in pairs):
        raise InputError(
            "rounds: a plan may not have more texts than the one it replaces, nor a critique that "
            "this had not; nor may there be further critiques"
        )


def records(
    name: str, values: JsonObject, merged: JsonObject
) -> list[tuple[JsonObject, JsonObject]]:
    """Return the records of an edited channel, each as it was and as it is to be.

    Raises:
        InputError: they differ in more than the fields that may be edited.
    """
    key = KEYS[name]
    before, after = (
        {(record["turn"], record[key]): record for record in of.get(name) or []}
        for of in (values, merged)
    )
    if before.keys() != after.keys():
        raise InputError(f"{name} cannot be added or removed. What can be edited: {ALLOWED}")
    pairs = [(was, after[place]) for place, was in before.items()]
    for was, now in pairs:
        changed = {field for field in {**was, **now} if was.get(field) != now.get(field)}
        if others := sorted(changed - {*EDITABLE[name]}):
            place = f"{key} {was[key]}"
            raise InputError(f"{others[0]} of {place} cannot be edited. What can: {ALLOWED}")
    return pairs


def costs_more(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether the round after a record would ask for more than it was planned to."""
    return any(new > old for old, new in zip(planned_size(was), planned_size(now), strict=True))


def planned_size(record: Mapping[str, Any]) -> tuple[int, bool, int]:
    """Return the texts, whether there is a critique, and the further critiques of a round."""
    plan, further = record.get("plan"), len(record.get("further", ()))
    texts = sum(map(len, places_of(plan).values())) if plan else 0
    return texts, bool(plan and needs_critique(plan)), further
