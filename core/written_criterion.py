"""A criterion that a model wrote for one query."""

from __future__ import annotations

from typing_extensions import TypedDict


class WrittenCriterion(TypedDict):
    """One thing that the answers to a query are checked for, as it is kept for the turn."""

    name: str
    ask: str
    """A question whose yes is a pass."""
    weight: float
