"""How many samples best-of-N needs to spend what a search does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ...core.context import Context
from ..records import RowPool
from .arm_folder import Arm
from .bootstrap import percentile
from .comparison import Equal
from .reached import is_shared
from .trail import Stand, trail

ROWS = 0.9  # of the rows must have enough; the rest are cut to what best-of-N spent
MOST = next(m.le for m in Context.model_fields["width"].metadata if hasattr(m, "le"))


def equal_width(
    first: Mapping[str, RowPool], searches: Sequence[Arm], equal: Equal, least: int
) -> int:
    """Return the width with which best-of-N spends on most rows what the cheapest search does.

    Args:
        first: Pools whose first samples tell what one costs.
        searches: The arms that have run.
        equal: What is to be equal; tokens, if that is nothing or is not known.
        least: The width at least.
    """
    needed = sorted(
        width for id in first if (width := width_on_row(id, first[id], searches, equal)) is not None
    )
    return min(MOST, max(least, math.ceil(percentile(needed, ROWS)))) if needed else least


def width_on_row(id: str, first: RowPool, searches: Sequence[Arm], equal: Equal) -> float | None:
    """Return how many samples cost what the cheapest search spent on a row."""
    pools = [arm.pools[id] for arm in searches if arm.answered(id) and id in arm.pools]
    trails = [trail(pool, first) for pool in pools if is_shared(pool)]
    # An arm has judged the samples that it was given, and says what that costs.
    known = trails[0] if trails else trail(first)
    samples = [stand for stand in known if stand.round == 0 and not stand.rated_again]
    own = [trail(pool) for pool in pools if not is_shared(pool)]
    spent = [stands[-1] for stands in [*trails, *own]]
    if not samples or not spent:
        return None
    for unit in (equal, "tokens", "texts"):
        each, limits = price_of_one(samples, unit), [stand.spend.of(unit) for stand in spent]
        if each and None not in limits:
            had = samples[-1].spend.of(unit) or 0.0
            least = min(limit for limit in limits if limit is not None)
            return len(samples) + max(0.0, least - had) / each
    return None


def price_of_one(samples: Sequence[Stand], unit: Equal) -> float:
    """Return what one more sample costs; 0 if that is not known, or nothing."""
    first, last = samples[0].spend.of(unit), samples[-1].spend.of(unit)
    if first is None or last is None:
        return 0.0
    return (last - first) / (len(samples) - 1) if len(samples) > 1 else last
