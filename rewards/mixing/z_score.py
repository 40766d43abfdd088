"""How the scores of one part of a mix count: as they are, or in units of round 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, pstdev

from ...core.state import Candidate

ROUNDING = 1e-6  # of a score's size: what float32 and the order of a sum may change
Scale = Callable[[float], float]


def raw(value: float) -> float:
    """Return a score as it is."""
    return value


def reference(pool: Sequence[Candidate], name: str, fresh: Sequence[float]) -> Scale:
    """Return a scale in standard deviations from the mean of the first round.

    Only different texts that were ranked count there, because later rounds see nothing
    else of it; so the scale is the same in all rounds.

    Args:
        pool: What was scored before.
        name: The part.
        fresh: Its scores of the new answers that will be ranked: they are the first round
            if the pool has none.
    """
    known = [(c, c["parts"][name]) for c in pool if name in c.get("parts", {})]
    first = min((c["round"] for c, _ in known), default=0)
    by_text = {c["text"]: value for c, value in known if c["round"] == first}
    values = list(by_text.values()) or list(fresh)
    mean, spread = (fmean(values), pstdev(values)) if values else (0.0, 0.0)
    noise = ROUNDING * max(map(abs, values), default=0.0)
    unit = spread if spread > noise else 1.0  # equal scores: nothing to tell apart

    def scale(value: float) -> float:
        """Return the deviations; one by rounding counts 0."""
        off = value - mean
        return off / unit if abs(off) > noise else 0.0

    return scale
