"""What a reward has had written for the query, found among the results of its calls.

Only a rubric does so, and a mix or a cache around one: they have a method `criteria_in`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.written_criterion import WrittenCriterion

Criteria = dict[str, list[WrittenCriterion]]
"""By the names of the rewards."""


def criteria_in(reward: object, calls: Sequence[Any], results: Sequence[Any]) -> Criteria:
    """Return the criteria that calls have written.

    Args:
        reward: Any reward.
        calls: All its calls so far, in their order.
        results: What each brought, or its error.
    """
    found = getattr(reward, "criteria_in", None)
    return dict(found(calls, results)) if found else {}


def keep_criteria(
    reward: object, calls: Sequence[Any], results: Sequence[Any], kept: Criteria
) -> None:
    """Add what calls have written to what is kept for the turn."""
    for name, written in criteria_in(reward, calls, results).items():
        kept[name] = written
