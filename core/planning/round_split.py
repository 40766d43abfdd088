"""The ways to divide a round among the moves, and how the first try of a critique is divided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .best_of_normal import best_beyond

LEVELS = 6  # into how many steps a wide round is divided
SCATTER = 0.25  # of rewrites, in spreads, for the first try


class Split(NamedTuple):
    """How many texts of a round each move makes."""

    fresh: int
    rewrite: int
    advised: int


def ways_to_divide(width: int, critique_texts: int, told: bool) -> list[Split]:
    """Return the ways to divide a round; the first is all fresh, the last has no fresh text.

    Args:
        width: Texts of a round with a critique.
        critique_texts: What a critique costs, in texts.
        told: Whether rewrites and advised answers go by what the reward says: without a critique.
    """
    whole = width + critique_texts
    return [Split(whole, 0, 0), *with_moves(whole if told else width)]


def with_moves(width: int) -> list[Split]:
    """Return the ways to divide some texts that are not all fresh; the last has no fresh one."""
    levels = sorted({nth * width // min(LEVELS, width) for nth in range(min(LEVELS, width) + 1)})
    return [
        Split(fresh, rewrite, width - fresh - rewrite)
        for fresh in reversed(levels[:-1])
        for rewrite in levels
        if fresh + rewrite <= width
    ]


def best_of(splits: Sequence[Split], values: Sequence[float]) -> list[Split]:
    """Return the splits that are worth the most, but for rounding."""
    least = max(values) - 1e-6 * abs(max(values)) - 1e-12
    return [split for split, value in zip(splits, values, strict=True) if value >= least]


def first_told(splits: Sequence[Split]) -> Split:
    """Return how the first round that goes by what the reward says is divided: evenly.

    It costs no critique, and nobody knows which of the three pays: on some requests only advised
    answers do, on others only rewrites or only fresh ones.
    """
    size = sum(splits[-1])
    return Split(size - (size + 1) // 3 - size // 3, (size + 1) // 3, size // 3)


def first_try(splits: Sequence[Split], rounds: int) -> Split:
    """Return how the first round with a critique is divided.

    If rewrites turn out useless, each of them and the critique was a text less to draw from;
    if they pay, each text that is not a rewrite is one that was missed. The number whose greater
    loss is smallest is taken (minimax regret, in spreads). A sixth of the round, but at least one
    text, is advised.
    """
    size, width = sum(splits[0]), sum(splits[-1])
    texts = width + rounds * size

    levels = sorted({s.rewrite for s in splits if s.rewrite})
    advised = levels[0] if len(levels) > 1 else 0

    def greater_loss(rewrites: int) -> float:
        useless = best_beyond(texts) - best_beyond(texts - (size - width) - advised - rewrites)
        return max(useless, SCATTER * (best_beyond(width) - best_beyond(rewrites)))

    rewrites = min((k for k in levels if k <= width - advised), key=greater_loss)
    return Split(width - rewrites - advised, rewrites, advised)
