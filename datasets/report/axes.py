"""Axes: where a value lies, and which values are written beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TICKS = 4  # steps, as far as round numbers allow
LONG = 8  # characters of a label


@dataclass(frozen=True)
class Axis:
    """A scale of a plot.

    Attributes:
        name: What is measured.
        ticks: The values that are written, from low to high; the scale ends with them.
        digits: How many digits after the point tell them apart.
        money: Whether they are dollars.
    """

    name: str
    ticks: Sequence[float]
    digits: int
    money: bool = False

    def place(self, value: float, start: float, end: float) -> float:
        """Return where a value lies between two places on the paper."""
        low, high = self.ticks[0], self.ticks[-1]
        return start + (end - start) * (value - low) / (high - low)

    def label(self, value: float) -> str:
        """Return a tick as it is written; long ones in fewer digits if these tell them apart."""
        texts = {tick: f"{abs(tick):,.{self.digits if tick else 0}f}" for tick in self.ticks}
        short = {tick: f"{abs(tick):.3g}" for tick in self.ticks}
        signs = [(tick < 0, text) for tick, text in short.items()]
        if max(map(len, texts.values())) > LONG and len({*signs}) == len(signs):
            texts = short
        text = f"{'$' if self.money else ''}{texts[value]}"
        return f"\N{MINUS SIGN}{text}" if value < 0 else text


def axis_for(
    name: str,
    values: Sequence[float],
    *,
    zero: bool = False,
    whole: bool = False,
    money: bool = False,
) -> Axis:
    """Return an axis of round numbers that holds all values.

    Args:
        name: What is measured.
        values: At least one.
        zero: Whether it begins at 0.
        whole: Whether only whole numbers are values, such as rounds.
        money: Whether the values are dollars.

    Example:
        >>> axis_for("reward", [0.12, 0.93]).ticks
        (0.0, 0.25, 0.5, 0.75, 1.0)
    """
    low, high = min([0.0, *values] if zero else values), max(values)
    if high - low < 1e-9 * max(1.0, abs(high)):
        high += 1.0 if whole or not high else abs(high) / 2
        low = low if zero or whole else low - abs(low) / 2
    step = round_step((high - low) / TICKS)
    step = max(1.0, round(step)) if whole else step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    digits += round(step, digits) != round(step, digits + 1)
    ticks = tuple(round(number * step, 12) for number in range(first, last + 1))
    return Axis(name, ticks, digits, money)


def round_step(size: float) -> float:
    """Return the smallest round number that is at least this size: 1, 2, 2.5 or 5 times 10^n."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(power * unit for unit in (1, 2, 2.5, 5, 10) if power * unit >= size * 0.999)
