"""Over-optimisation: the reward that steers rises, and one that does not steer falls.

Gao et al. (arXiv 2210.10760) show it for reward models in general; the paper names it as
a limit of the method. A held-out reward makes it visible while it happens.
"""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from .state import Round


class Drift(TypedDict):
    """How a run moved from its first ranked round to its last."""

    overoptimised: bool
    """The reward is higher than when the held-out reward was at its best, and that fell."""
    best_round: int | None
    """The round whose chosen answer the held-out reward liked best."""
    reward: float | None
    """Change of the chosen answer's reward."""
    heldout: float | None
    """Change of its held-out reward."""
    length: float | None
    """Change of its length, in characters."""


def drift(rounds: Sequence[Round], tolerance: float = 0.0) -> Drift:
    """Compare the rounds of a run.

    Args:
        rounds: The rounds, the earliest first; those without a held-out score are passed over.
        tolerance: How far the held-out reward may fall below its best, in its own units,
            before that counts as a fall: its noise.

    Returns:
        What moved. Without a held-out reward only reward and length are known. Rewards are
        compared within the rounds that the same reward has ranked as the last.

    Example:
        >>> drift([])["overoptimised"]
        False
    """
    scale = rounds[-1].get("ranked_by") if rounds else None
    ranked = [r for r in rounds if r.get("ranked_by") == scale]  # a degradation changes the scale
    measured = [r for r in ranked if r["heldout"] is not None and r["reward"] is not None]
    peak = max(measured, key=lambda r: (r["heldout"], -r["round"]), default=None)
    last = measured[-1] if measured else None
    fell = bool(peak and last and _below(last["heldout"], peak["heldout"], tolerance))
    rose = bool(peak and last and _below(peak["reward"], last["reward"]))
    return Drift(
        overoptimised=fell and rose,
        best_round=peak["round"] if peak else None,
        reward=_change(ranked, "reward"),
        heldout=_change(measured, "heldout"),
        length=_change(rounds, "best_length"),
    )


def _below(a: float | None, b: float | None, tolerance: float = 0.0) -> bool:
    return a is not None and b is not None and a < b - tolerance


def _change(rounds: Sequence[Round], key: str) -> float | None:
    values = [value for r in rounds if (value := r.get(key)) is not None]
    return values[-1] - values[0] if len(values) > 1 else None  # type: ignore[operator]
