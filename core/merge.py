"""How what a step writes is merged into a list of records: the reducer of pool and rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

RECEIPT = "receipt"  # what a request cost is saved with its first text, and is not in the pool


def merged_by(key: str, **blank: Any) -> Callable[[Any, Sequence[Any]], list[Any]]:
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

    def merge(state: Any, writes: Sequence[Any]) -> list[Any]:
        records = {(r["turn"], r[key]): r for r in state or []}
        for write in writes:
            for record in write:
                place = (record["turn"], record[key])
                known = records.get(place, {})
                if "error" in record:  # with another sentence the old kind is gone
                    known = {k: v for k, v in known.items() if k != "failure"}
                records[place] = {**blank, **known, **record}
                records[place].pop(RECEIPT, None)
        turn = max((t for t, _ in records), default=0)
        kept = [r for (t, _), r in records.items() if t == turn]
        return sorted(kept, key=lambda r: (r["round"], r.get("index", 0)))

    return merge
