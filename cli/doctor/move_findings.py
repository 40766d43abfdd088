"""What the tries of the moves show, in words: what mends, and what breaks."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from ...core.moves import Move
from ...core.number_format import count
from .tried import Tried
from .verdict import Finding

NINETY_FIVE = 1.96


def likely(passed: int, of: int) -> str:
    """Return a share, and between which shares the true one lies (Wilson's interval, 95 %).

    Example:
        >>> likely(8, 18)
        '8 of 18 (likely 25 to 66 %)'
    """
    z, share = NINETY_FIVE, passed / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)
    return f"{passed} of {of} (likely {low:.0f} to {high:.0f} %)"


WARMER = "of an answer that passed all checks, asked only to be warmer, fail one"


def move_findings(tried: Sequence[Tried]) -> list[Finding]:
    """Return what the moves did: how many texts pass, how many mend and how many break."""
    found = []
    errors = [several.error for one in tried for several in one.moves.values() if several.error]
    if errors:
        words = f"{len(errors)} of {count(len(tried), 'task')} could not be finished: {errors[0]}"
        found.append(Finding("moves", "warning", words))
    first = [share for one in tried for share in one.shares("fresh")]
    if not first:
        return found
    passed = likely(sum(share == 1 for share in first), len(first))
    words = f"{passed} pass all checks of {count(len(tried), 'built-in task')}"
    found.append(Finding("first answers", "ok", words))
    mendable = [one for one in tried if one.mendable]
    found += changes("rewrites", "rewrite", mendable)
    found += changes("advised answers", "advised", mendable)
    sound = [s for one in tried if one.draft and not one.mendable for s in one.shares("rewrite")]
    if sound:
        words = f"{sum(s != 1 for s in sound)} of {len(sound)} rewrites {WARMER}"
        found.append(Finding("breaks", "ok", words))
    return found


def changes(name: str, move: Move, tried: Sequence[Tried]) -> list[Finding]:
    """Return what became of drafts that failed a check."""
    pairs = [
        (one.task.share(one.draft or ""), share or 0.0)
        for one in tried
        for share in one.shares(move)
    ]
    if not pairs:
        return []
    mends = sum(after > before for before, after in pairs)
    breaks = sum(after < before for before, after in pairs)
    lost = sum(share is None for one in tried for share in one.shares(move))
    passed = likely(sum(after == 1 for _, after in pairs), len(pairs))
    words = f"sent which checks failed, {passed} pass all; {mends} mend, {breaks} break"
    if lost:
        words += f" ({lost} of them cannot be used)"
    return [Finding(name, "warning" if breaks > mends else "ok", words)]
