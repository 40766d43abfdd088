"""One line on whether the reward was gamed, and how the answers' length moved."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.overoptimisation import drift
from ...core.state import Round
from .. import words


def drift_words(rounds: Sequence[Round], tolerance: float) -> str:
    """Say that the reward rose while the held-out one fell, and since when; else ""."""
    moved = drift(rounds, tolerance)
    peak = next((r for r in rounds if r["round"] == moved["best_round"]), None)
    last = next((r for r in reversed(rounds) if r["heldout"] is not None), None)
    if not moved["overoptimised"] or peak is None or last is None:
        return ""
    rewards = f"{words.reward(peak['reward'])} to {words.reward(last['reward'])}"
    heldout = f"{words.reward(peak['heldout'])} to {words.reward(last['heldout'])}"
    return (
        f"Over-optimised since round {peak['round']}: the reward went from {rewards}, the held-out "
        f"reward from {heldout}, the length from {peak['best_length']:,} to "
        f"{last['best_length']:,} characters."
    )
