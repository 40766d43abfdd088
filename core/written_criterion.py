"""A criterion that a model wrote for one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from typing_extensions import TypedDict


class WrittenCriterion(TypedDict):
    """One thing that the answers to a query are checked for, as it is kept for the turn."""

    name: str
    ask: str
    """A question whose yes is a pass."""
    weight: float


def criteria_lines(written: Mapping[str, Sequence[WrittenCriterion]]) -> list[str]:
    """Return the criteria of a query as lines, whichever reward they were written for.

    Example:
        >>> criteria_lines({"rubric:auto:m": [{"name": "air", "ask": "Of air?", "weight": 2.0}]})
        ['- air (weight 2): Of air?']
    """
    return [
        f"- {one['name']} (weight {one['weight']:.2g}): {one['ask']}"
        for criteria in written.values()
        for one in criteria
    ]
