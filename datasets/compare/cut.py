"""An arm's trail, cut where it had spent as much as another arm."""

from __future__ import annotations

from collections.abc import Sequence

from .comparison import Equal
from .trail import Stand

SLACK = 1 + 1e-9  # sums of shares are not exact
WHOLE_ROUND = 1.1  # a round cannot be cut: it counts if it ends this close to the limit


def stand_within(stands: Sequence[Stand], equal: Equal, budget: float | None) -> Stand | None:
    """Return the last point at which an arm had spent no more than a budget.

    A round counts as a whole or not at all, and may end a tenth above: else a search would be
    compared without its last round because that cost a little more. The first answer is always
    there, whatever it cost. `None` if there never was one, or if what was spent is not known.

    Args:
        stands: Where the arm stood.
        equal: What is counted.
        budget: How much of it.
    """
    had = [stand for stand in stands if stand.best]
    if not had or budget is None or any(stand.spend.of(equal) is None for stand in had):
        return None
    paid = [
        one
        for one in had
        if (one.spend.of(equal) or 0.0) <= budget * (WHOLE_ROUND if one.round else SLACK)
    ]
    return paid[-1] if paid else had[0]
