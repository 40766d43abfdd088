"""Who wins in which category: a bar for each."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ..compare.comparison import ComparedRow, Comparison
from .marks import arm_class, key

MOST_BARS = 12  # of categories; the smaller ones are put together


def wins_by_category(comparison: Comparison) -> str:
    """Return a bar of wins, ties and losses for each category, as HTML; "" if there are none.

    The arms are the first pair that was compared; the reward decides.

    Args:
        comparison: What was found.
    """
    arm, other = first_pair(comparison)
    counts: dict[str, list[int]] = {}
    for category, place in outcomes(comparison["rows"], arm, other):
        counts.setdefault(category, [0, 0, 0])[place] += 1
    if not counts.keys() - {""} or arm == other:
        return ""
    names = [a["name"] for a in comparison["arms"]]
    left, right = names.index(arm), names.index(other)
    ordered = sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0]))
    if rest := [found for _, found in ordered[MOST_BARS:]]:
        others = [sum(column) for column in zip(*rest, strict=True)]
        ordered = [*ordered[:MOST_BARS], (f"{len(rest)} other categories", others)]
    bars = "".join(category_bar(name, found, left, right) for name, found in ordered)
    return (
        f'<figure class="wins"><figcaption><h3>Wins by category</h3><p class="hint">{key(left)} '
        f"{escape(arm)} wins, ties, {key(right)} {escape(other)} wins; by reward.</p></figcaption>"
        f"<dl>{bars}</dl></figure>"
    )


def first_pair(comparison: Comparison) -> tuple[str, str]:
    """Return the two arms that the reader is shown first."""
    names = [arm["name"] for arm in comparison["arms"]]
    pairs = [(d["arm"], d["against"]) for d in comparison["differences"]]
    found = next((p for p in pairs if p[0] in names and p[1] in names), None)
    return found or (names[0], names[min(1, len(names) - 1)]) if names else ("", "")


def outcomes(rows: list[ComparedRow], arm: str, other: str) -> Iterator[tuple[str, int]]:
    """Yield each row's category, with 0 if the arm won, 1 for a tie, 2 if it lost."""
    for row in rows:
        answer, against = row["answers"].get(arm), row["answers"].get(other)
        if answer and against:
            gap = answer["reward"] - against["reward"]
            yield row["category"], 1 - (gap > 0) + (gap < 0)


def category_bar(name: str, counts: list[int], left: int, right: int) -> str:
    """Return a category with its bar."""
    start, parts = 0.0, []
    for kind, found in zip((arm_class(left), "tie", arm_class(right)), counts, strict=True):
        width = 100 * found / sum(counts)
        parts.append(f'<rect class="{kind}" x="{start:.2f}" width="{width:.2f}" height="10"/>')
        start += width
    wins, ties, losses = counts
    return (
        f"<div><dt>{escape(name or 'no category')}</dt><dd>"
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(parts)}</svg><span>{wins} : {ties} : {losses}</span></dd></div>"
    )
