"""A score as a cache keeps it: the number; or the number and what was said of it."""

from __future__ import annotations

from typing import Any

from ..base import Score, scored


def to_keep(score: Score) -> object:
    """Return a score as plain JSON.

    Example:
        >>> to_keep(scored(0.5)), to_keep(scored(0.5, "half of it"))
        (0.5, [0.5, {'feedback': 'half of it'}])
    """
    words = {name: score[name] for name in ("feedback", "checks") if name in score}
    return [score["reward"], words] if words else score["reward"]


def from_kept(kept: Any) -> Score:
    """Return the score again; what is not a number is found out by `sound`.

    Example:
        >>> from_kept([0.5, {"feedback": "half of it"}])
        {'reward': 0.5, 'error': None, 'feedback': 'half of it'}
    """
    pair: Any = kept if isinstance(kept, list) and len(kept) == 2 else (kept, {})
    number, words = pair
    return scored(number, words.get("feedback", ""), words.get("checks", ()))
