"""The figures of one arm: its means, and how they came about round by round."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from ...core.pool import reward_of
from ...core.ratings import ratings_of
from ..records import RowPool
from .arm_folder import Arm
from .comparison import ArmSummary, CurvePoint
from .matching import Matched, own_settings
from .trail import Stand


def mean_of(values: Sequence[float | None]) -> float | None:
    """Return a mean, or `None` if one of the values is not known."""
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def known_mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of those values that are known."""
    return mean_of([value for value in values if value is not None])


def arm_summary(matched: Matched, arm: Arm) -> ArmSummary:
    """Return the figures of an arm, over the rows that are compared."""
    points = matched.column(arm.name)
    return ArmSummary(
        name=arm.name,
        settings=own_settings(matched.arms, arm),
        rows=len(points),
        failed=sum(not arm.answered(id) for id in arm.results),
        reward=fmean(reward_of(one.candidate) for one in points),
        heldout=known_mean([one.heldout for one in points]),
        accuracy=known_mean([None if one.passed is None else float(one.passed) for one in points]),
        length=fmean(len(one.candidate["text"]) for one in points),
        tokens=fmean(one.spend.tokens for one in points),
        texts=fmean(one.spend.texts for one in points),
        requests=fmean(one.spend.requests for one in points),
        seconds=fmean(one.seconds for one in points),
        cost_usd=mean_of([one.spend.dollars for one in points]),
        from_first=fmean(one.candidate["round"] == 0 for one in points),
        ratings=fmean(len(ratings_of(one.candidate)) for one in points),
        curve=curve(matched, arm),
    )


def curve(matched: Matched, arm: Arm) -> list[CurvePoint]:
    """Return the means after each round of an arm; a row that has ended keeps its last figures."""
    rows = [[s for s in matched.trails[arm.name][id] if s.whole] for id in matched.ids]
    pools = [arm.pools[id] for id in matched.ids]
    last = max(stands[-1].round for stands in rows)
    points = []
    for round in range(last + 1):
        now = [[s for s in stands if s.round <= round][-1] for stands in rows]
        had = [(stand, pool) for stand, pool in zip(now, pools, strict=True) if stand.best]
        if had:
            points.append(curve_point(round, had))
    return points


def curve_point(round: int, rows: Sequence[tuple[Stand, RowPool]]) -> CurvePoint:
    """Return the means over rows after one round."""
    best = [stand.best for stand, _ in rows if stand.best]
    heldout = []
    for _, pool in rows:
        seen = [r["heldout"] for r in pool["rounds"] if r["round"] <= round]
        heldout.append(seen[-1] if seen else None)
    return CurvePoint(
        round=round,
        reward=fmean(map(reward_of, best)),
        heldout=mean_of(heldout),
        length=fmean(len(one["text"]) for one in best),
        tokens=fmean(stand.spend.tokens for stand, _ in rows),
        cost_usd=mean_of([stand.spend.dollars for stand, _ in rows]),
    )
