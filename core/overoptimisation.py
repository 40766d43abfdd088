"""Over-optimisation: the reward that steers rises, and one that does not steer falls.

Gao et al. (arXiv 2210.10760) show it for reward models in general; the paper names it as
a limit of the method. A held-out reward makes it visible while it happens.
"""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from .heldout_noise import fell, worth_a_look
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
    to_sample: int | None
    """The round of which other answers must be scored by the held-out reward to tell."""


def drift(rounds: Sequence[Round], tolerance: float | None = None) -> Drift:
    """Compare the rounds of a run.

    Args:
        rounds: The rounds, the earliest first; those without a held-out score are passed over.
        tolerance: How far the held-out reward may fall below its best, in its own units,
            before that counts as a fall. `None`: by its noise, which the scores of other
            answers in `heldout_sample` show; without those nothing counts.

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
    suspected = bool(peak and last and _below(last["heldout"], peak["heldout"], tolerance or 0.0))
    suspected &= bool(peak and last and _below(peak["reward"], last["reward"]))
    gamed, to_sample = suspected, None
    if suspected and tolerance is None and peak and last:
        gamed, to_sample = _beyond_noise(measured, peak, last)
    return Drift(
        overoptimised=gamed,
        best_round=peak["round"] if peak else None,
        reward=_change(ranked, "reward"),
        heldout=_change(measured, "heldout"),
        length=_change(rounds, "best_length"),
        to_sample=to_sample,
    )


def _beyond_noise(measured: Sequence[Round], peak: Round, last: Round) -> tuple[bool, int | None]:
    """Return whether a fall is more than noise; if that is not known, which round would tell.

    As little is asked for as will do: the second round only if the first leaves a doubt.
    """
    since = next(r for r in measured if r["chosen"] == last["chosen"])  # unchanged from then on
    for nth in (peak, since):
        if "heldout_sample" not in nth:
            return False, nth["round"]
        fall = (peak["heldout"] or 0.0) - (last["heldout"] or 0.0)
        if not worth_a_look(fall, peak["heldout_sample"]):
            return False, None
    known = [r["heldout_sample"] for r in measured if "heldout_sample" in r]
    return fell(peak["heldout_sample"], since["heldout_sample"], known), None


def _below(a: float | None, b: float | None, tolerance: float = 0.0) -> bool:
    return a is not None and b is not None and a < b - tolerance


def _change(rounds: Sequence[Round], key: str) -> float | None:
    values = [value for r in rounds if (value := r.get(key)) is not None]
    return values[-1] - values[0] if len(values) > 1 else None  # type: ignore[operator]
