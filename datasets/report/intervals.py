"""Differences with their intervals, drawn: which are decided is seen at once."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..compare.comparison import Comparison, Difference
from ..compare.pair_words import is_decided
from .pair_tables import MEASURES
from .wording import figure, with_sign

DRAWN = ("reward", "heldout")


def difference_intervals(comparison: Comparison) -> str:
    """Return the differences of the rewards as dots with their intervals, as HTML; "" if none.

    Args:
        comparison: What was found.
    """
    groups = [[d for d in comparison["differences"] if d["measure"] == kind] for kind in DRAWN]
    drawn = "".join(interval_row(d, scale_of(group)) for group in groups for d in group)
    if not drawn:
        return ""
    return (
        '<figure class="intervals"><figcaption><h3>Differences</h3><p class="hint">With 95% '
        "intervals. One that leaves out 0, the upright line, is decided. Each measure has a scale "
        f"of its own.</p></figcaption><dl>{drawn}</dl></figure>"
    )


def scale_of(group: Sequence[Difference]) -> float:
    """Return the largest difference that intervals reach, to either side."""
    return max(max(abs(d["low"]), abs(d["high"])) for d in group) or 1.0


def interval_row(found: Difference, most: float) -> str:
    """Return one difference: its pair, a dot with a line through it, its figures."""
    low, mean, high = (100 + 96 * found[end] / most for end in ("low", "mean", "high"))
    name = MEASURES[found["measure"]][0]
    said = f"{with_sign(figure(found['mean']))} ({figure(found['low'])} to {figure(found['high'])})"
    decided = " is-decided" if is_decided(found) else ""
    return (
        f"<div><dt>{escape(found['arm'])} against {escape(found['against'])}, {name}</dt>"
        f'<dd><svg class="interval{decided}" viewBox="0 0 200 16" aria-hidden="true">'
        '<line class="zero" x1="100" x2="100" y1="0" y2="16"/>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="8" y2="8"/>'
        f'<circle cx="{mean:.1f}" cy="8" r="4"/></svg><span>{said}</span></dd></div>'
    )
