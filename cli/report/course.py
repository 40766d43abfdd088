"""Best and mean reward per round, as spark lines on one scale."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ...core.state import Round
from .. import words
from .bars import spark


def course(rounds: Sequence[Round]) -> Text:
    """Return one line: blocks, first and last value; numbers alone for a single round."""
    series = {name: [r[name] for r in rounds] for name in ("best", "mean")}
    known = [v for values in series.values() for v in values if v is not None]
    line = Text("")
    for name, values in series.items():
        if not known:
            break
        line.append(f"{name} ", "dim")
        if len(values) > 1:
            line.append(f"{spark(values, min(known), max(known))} ", "cyan")
            line.append(f"{words.reward(values[0])} → ")
        line.append(f"{words.reward(values[-1])}   ")
    return line
