"""Numbers as characters: bars and spark lines."""

from __future__ import annotations

from collections.abc import Sequence

EIGHTHS = " ▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"


def bar(value: float, low: float, high: float, width: int) -> str:
    """Return a bar of at most `width` characters; the lowest value still shows.

    Example:
        >>> bar(1.0, 0.0, 2.0, 4)
        '██'
    """
    share = (value - low) / (high - low) if high > low else 1.0
    eighths = max(1, round(min(1.0, max(0.0, share)) * width * 8))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def spark(values: Sequence[float | None], low: float, high: float) -> str:
    """Return one block per value, by its place between `low` and `high`; a gap for `None`.

    Example:
        >>> spark([0.0, 0.5, 1.0], 0.0, 1.0)
        '▁▅█'
    """
    return "".join(" " if value is None else _level(value, low, high) for value in values)


def _level(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low) if high > low else 1.0
    return LEVELS[min(7, max(0, int(share * 7 + 0.5)))]
