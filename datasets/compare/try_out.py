"""A few rows tried before many are paid for: is a search worth its price on these prompts?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev
from tempfile import TemporaryDirectory

from ..batch.plan import BatchPlan
from ..rows.row_file import rows_of
from .acompare import Comparing
from .arm_folder import ARMS, Arm, read_arm
from .arm_plan import DEFAULT_ARMS
from .arms_at_work import Watching, unwatched
from .comparison import Comparison, Difference
from .smaller_search import best_of_first, first_rewards

BASE, SEARCH = "best_of_n", "tpo"
TWO = {name: DEFAULT_ARMS[name] for name in (BASE, SEARCH)}


@dataclass(frozen=True)
class TriedOut:
    """What a few rows show.

    Attributes:
        found: Best-of-N and TPO at equal tokens.
        spread: How far the rewards of a row's first samples lie apart: their standard deviation.
        headroom: How much the best of the first samples scores above a single one.
    """

    found: Comparison
    spread: float
    headroom: float

    @property
    def gain(self) -> Difference | None:
        """What TPO gains over best-of-N that costs as much; `None` if the reward cannot say."""
        pairs = self.found["differences"]
        return next((one for one in pairs if one["measure"] == "reward"), None)

    @property
    def cost_usd(self) -> float | None:
        """Dollars for an answer of TPO; `None` if a price is unknown."""
        arms = self.found["arms"]
        return next(arm["cost_usd"] for arm in arms if arm["name"] == SEARCH)


async def try_out(
    rows: Sequence[Mapping[str, object]], common: BatchPlan, watching: Watching = unwatched
) -> TriedOut:
    """Run best-of-N and TPO on a few rows, and compare them.

    Args:
        rows: Their columns.
        common: Models, rewards and settings.
        watching: Who watches.

    Raises:
        InputError: a row cannot be answered, or fewer than two were.
        TPOError: see `tpo.core.errors`.
    """
    with TemporaryDirectory() as place:
        work = Comparing(TWO, common, watching=watching)
        found = await work.run(rows_of(rows), Path(place))
        search = read_arm(SEARCH, Path(place) / ARMS / SEARCH)
    return tried_out(found, search)


def tried_out(found: Comparison, search: Arm) -> TriedOut:
    """Return what a comparison of a few rows shows."""
    pools = [search.pools[row["id"]] for row in found["rows"]]
    first = [rewards for pool in pools if (rewards := first_rewards(pool))]
    width = min(map(len, first))
    return TriedOut(
        found=found,
        spread=fmean(map(pstdev, first)),
        headroom=best_of_first(first, width) - best_of_first(first, 1),
    )
