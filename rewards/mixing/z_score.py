"""How the scores of one part of a mix count: as they are, or in units of round 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, pstdev

from ..plan import Rated

Scale = Callable[[float], float]


def raw(value: float) -> float:
    """Return a score as it is."""
    return value


def reference(pool: Sequence[Rated], name: str, fresh: Sequence[float]) -> Scale:
    """Return a scale in standard deviations from the mean of the first round.

    Only different texts that were ranked count there, because later rounds see nothing
    else of it; so the scale is the same in all rounds.

    Args:
        pool: What was scored before.
        name: The part.
        fresh: Its scores of the new answers that will be ranked: they are the first round,
            where the pool has none.
    """
    known = [rated for rated in pool if name in rated["parts"]]
    first = min((rated["round"] for rated in known), default=0)
    by_text = {r["text"]: r["parts"][name] for r in known if r["round"] == first}
    values = list(by_text.values()) or list(fresh)
    mean = fmean(values) if values else 0.0
    spread = (pstdev(values) if values else 0.0) or 1.0  # equal scores: nothing to tell apart
    return lambda value: (value - mean) / spread
