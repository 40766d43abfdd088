"""What a reward server sent, read as scores in the order of the answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ...core.errors import RewardError
from ...core.json_types import JsonObject
from ..base import Score, scored, unscored
from .connection import Connection, shown


def read_number(value: Any) -> Score:
    """Return the score that a server sent; `true` and `false` are not numbers."""
    if isinstance(value, bool):
        return unscored(f"the reward server sent {value} for a score")
    return scored(value)


def read_number_at(server: Connection, values: object, place: int | None) -> Score:
    """Read the reward out of the numbers that a server gives for one answer.

    Args:
        server: Who sent them.
        values: A list of numbers.
        place: Which one is the reward, from 0; `None` if there is only one.

    Raises:
        RewardError: there are several and no place, or none at that place.
    """
    if not isinstance(values, list) or not values:
        return unscored(f"the reward server sent {shown(repr(values))} for a score")
    if (place is None and len(values) > 1) or (place or 0) >= len(values):
        raise RewardError(
            f"the model at {server.url} gives {len(values)} numbers per answer and a reward is "
            f"one: say which with label=NUMBER, 0 to {len(values) - 1}"
        )
    return read_number(values[place or 0])


def read_indexed(
    server: Connection, items: object, count: int, read: Callable[[JsonObject], Score]
) -> list[Score]:
    """Bring results that carry an `index` into the order of the answers.

    Args:
        server: Who sent them.
        items: A list of results.
        count: How many answers there are.
        read: Returns the score in one result.

    Raises:
        RewardError: it is not such a list.
    """
    found: defaultdict[int, list[JsonObject]] = defaultdict(list)
    for item in items if isinstance(items, list) else [items]:
        index = item.get("index") if isinstance(item, dict) else None
        if not isinstance(item, dict) or type(index) is not int or not 0 <= index < count:
            # Then the other indexes cannot be trusted either: they may count from 1.
            raise server.malformed(items, f"{count} results with indexes from 0")
        found[index].append(item)
    if not found:
        raise server.malformed(items, f"{count} results")
    scores = []
    for place in range(count):
        if len(results := found[place]) == 1:
            scores.append(read(results[0]))
        else:
            scores.append(unscored(f"the reward server sent {len(results)} scores for it"))
    return scores
