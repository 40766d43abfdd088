"""Numbers as characters: bars, and the rewards of a run as spark lines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ...core.gain import best_so_far
from ...core.number_format import reward
from ...core.state import Round

EIGHTHS = " ▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"


def bar(value: float, low: float, high: float, width: int) -> str:
    """Return a bar of at most `width` characters; the lowest value still shows.

    Example:
        >>> bar(1.0, 0.0, 2.0, 4)
        '██'
    """
    eighths = max(1, round(_share(value, low, high) * width * 8))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def spark(values: Sequence[float | None], low: float, high: float) -> str:
    """Return one block per value, by its place between `low` and `high`; a gap for `None`.

    Example:
        >>> spark([0.0, 0.5, 1.0], 0.0, 1.0)
        '▁▅█'
    """
    return "".join(
        " " if value is None else LEVELS[int(_share(value, low, high) * 7 + 0.5)]
        for value in values
    )


def _share(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 1.0
    return min(1.0, max(0.0, share))


def reward_sparklines(rounds: Sequence[Round]) -> Text:
    """Return the best so far, and best and mean of each round, on one scale.

    A single round is shown as numbers alone.
    """
    series = {"best so far": best_so_far(rounds)} if len(rounds) > 1 else {}
    series["best of round" if series else "best"] = [r["best"] for r in rounds]
    series["mean"] = [r["mean"] for r in rounds]
    known = [v for values in series.values() for v in values if v is not None]
    line = Text("")
    for name, values in series.items():
        if not known:
            break
        line.append(f"{name} ", "dim")
        if len(values) > 1:
            line.append(f"{spark(values, min(known), max(known))} ", "cyan")
            line.append(f"{reward(values[0])} → ")
        line.append(f"{reward(values[-1])}   ")
    return line
