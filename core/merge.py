"""How what a step writes is merged into a list of records: the reducer of pool and rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from .errors import InputError, evidence
from .json_types import JsonObject

P = ParamSpec("P")
R = TypeVar("R")
Merge = Callable[[Sequence[R] | None, Sequence[Sequence[Mapping[str, object]]]], list[R]]
"""Merges what a step writes, whole records or parts of them, into the records so far."""

EDITED_WRONG = (KeyError, TypeError, ValueError, AttributeError, NotImplementedError)
RECEIPT = "receipt"  # what a request cost is saved with its first text, and is not in the pool


def refused_as(says: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return what makes a reducer refuse an edit by hand that it cannot merge.

    Args:
        says: What to give instead.
    """

    def around(reducer: Callable[P, R]) -> Callable[P, R]:
        @wraps(reducer)
        def merge(*args: P.args, **named: P.kwargs) -> R:
            try:
                return reducer(*args, **named)
            except EDITED_WRONG as error:
                raise InputError(f"{says}: {evidence(error)}") from None

        return merge

    return around


def merged_by(key: str, **blank: object) -> Merge[R]:
    """Return a reducer that merges records by (turn, key) and keeps the newest turn only.

    The result depends on the set of writes of a step, not on their order, so a
    saver may replay them in any order; and a new turn needs no separate reset.

    Args:
        key: What names a record within a turn.
        **blank: The fields of a record of which only an outline is known.

    Example:
        >>> merge = merged_by("id", text="")
        >>> merge([], [[{"turn": 1, "round": 0, "id": "a"}], [{"turn": 1, "id": "a", "text": "x"}]])
        [{'text': 'x', 'turn': 1, 'round': 0, 'id': 'a'}]
    """

    @refused_as(f"give a list of records, each with its turn and {key}; a new one whole")
    def merge(
        state: Sequence[R] | None, writes: Sequence[Sequence[Mapping[str, object]]]
    ) -> list[R]:
        records = {(r["turn"], r[key]): r for r in cast("Sequence[JsonObject]", state or [])}
        for write in writes:
            for record in cast("Sequence[JsonObject]", write):
                place = (record["turn"], record[key])
                known = records.get(place, {})
                if "error" in record:  # with another sentence the old kind is gone
                    known = {k: v for k, v in known.items() if k != "failure"}
                records[place] = {**blank, **known, **record}
                records[place].pop(RECEIPT, None)
        turn = max((t for t, _ in records), default=0)
        kept = [r for (t, _), r in records.items() if t == turn]
        return cast("list[R]", sorted(kept, key=lambda r: (r["round"], r.get("index", 0))))

    return merge
