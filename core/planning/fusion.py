"""One answer of a round that is made from the best few, in place of one that a plan has most of.

As in arXiv 2510.00931 a model is shown several good answers, and writes one that keeps what is
right in any of them. It competes in the pool like all others.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..moves import Plan
from ..pool import best_first
from ..state import Candidate
from .moves_so_far import MOVES
from .plan_words import NAMES

MOST = 3  # answers that one is made from


def best_few(pool: Sequence[Candidate]) -> list[Candidate]:
    """Return the best answers of a pool, no two with the same text; the earliest on a tie."""
    found: dict[str, Candidate] = {}
    for candidate in best_first(pool):
        found.setdefault(candidate["text"], candidate)
    return list(found.values())[:MOST]


def with_fusion(plan: Plan, pool: Sequence[Candidate]) -> Plan:
    """Return a plan in which one answer is fused, if there are answers to fuse and room for it.

    Args:
        plan: How the next round is divided.
        pool: The candidates so far.
    """
    few = len(best_few(pool))
    numbers = {move: plan[move] for move in MOVES}
    largest = max(MOVES, key=lambda move: numbers[move])
    if few < 2 or numbers[largest] < 2:
        return plan
    numbers[largest] -= 1
    instead = f"in place of one {NAMES[largest]}, one is fused from the best {few}"
    return Plan(**{**plan, **numbers, "fused": 1, "why": f"{plan['why']}; {instead}"})  # type: ignore[typeddict-item]
