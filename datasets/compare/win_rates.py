"""Who wins how often: ties count half, and verdicts are taken in both orders."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from .bootstrap import Column, Interval, Names, Resamples, students_t
from .comparison import WinRate
from .length_control import length_controlled
from .style_control import style_controlled

WIN, TIE, LOSS = 1.0, 0.5, 0.0


def who_wins(ours: float | None, theirs: float | None) -> float | None:
    """Return who wins by two figures: 1.0 for ours, 0.0 for theirs, 0.5 for a tie, else `None`."""
    if ours is None or theirs is None:
        return None
    return WIN if ours > theirs else LOSS if ours < theirs else TIE


def agreed(shown_first: float, shown_second: float) -> float:
    """Return what two verdicts on the same pair come to: a win takes both orders.

    A judge that prefers the first place, whoever stands there, thus calls a tie. (The rule of L.
    Zheng et al., "Judging LLM-as-a-judge", 2023, arXiv 2306.05685, section 3.4.)

    Args:
        shown_first: The verdict on the arm when its answer was shown first: 1.0, 0.5 or 0.0.
        shown_second: The same when it was shown second.

    Example:
        >>> agreed(1.0, 1.0), agreed(1.0, 0.0), agreed(0.0, 0.0)
        (1.0, 0.5, 0.0)
    """
    if min(shown_first, shown_second) > TIE:
        return WIN
    return LOSS if max(shown_first, shown_second) < TIE else TIE


def win_rate(
    names: Names, by: str, outcomes: Column, texts: Sequence[Names], resamples: Resamples
) -> WinRate | None:
    """Return how often one arm beats another; `None` if fewer than two queries tell.

    Args:
        names: The arm, and the one it is held against.
        by: What decides: `reward`, `heldout`, or a judge.
        outcomes: For each row 1.0, 0.5 or 0.0; `None` where nothing decides.
        texts: For each row the arm's answer and the other's.
        resamples: The resamples of these rows.
    """
    found = resamples.interval(outcomes)
    if found is None:
        return None
    pairs = [(one, two) for one, two in zip(outcomes, texts, strict=True) if one is not None]
    known, both = [one for one, _ in pairs], [two for _, two in pairs]
    ends = never_certain(found, sum(c > 0 for c in resamples.by_query(outcomes)[1]))
    return {
        **counted_wins(names, by, known, ends),
        "length_controlled": length_controlled(known, [len(a) - len(b) for a, b in both]),
        "style_controlled": style_controlled(known, both),
    }


def counted_wins(
    names: Names, by: str, known: Sequence[float], ends: tuple[float, float]
) -> WinRate:
    """Return how often one arm beats another, nothing controlled."""
    return WinRate(
        arm=names[0],
        against=names[1],
        by=by,
        wins=known.count(WIN),
        ties=known.count(TIE),
        losses=known.count(LOSS),
        rate=fmean(known),
        low=ends[0],
        high=ends[1],
        length_controlled=None,
        style_controlled=None,
    )


def never_certain(found: Interval, queries: int) -> tuple[float, float]:
    """Return the ends of an interval of a share; where all rows agree, Wilson's.

    A bootstrap of rows that all agree would be certain, however few they are.
    """
    if found.mean not in {WIN, LOSS}:
        return max(LOSS, found.low), min(WIN, found.high)
    beyond = students_t(max(1, queries - 1)) ** 2
    far = beyond / (queries + beyond)
    return (1 - far, 1.0) if found.mean == WIN else (0.0, far)
