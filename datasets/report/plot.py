"""One plot with its words, and the kind that has a line for each arm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..compare.comparison import ArmSummary
from .axes import axis_for
from .chart import Chart, Point
from .wording import figure


@dataclass(frozen=True)
class Plot:
    """A plot with its words.

    Attributes:
        title: What it shows.
        note: How to read it.
        svg: The picture.
        arms: The places of the arms that are in it.
    """

    title: str
    note: str
    svg: str
    arms: Sequence[int]


def lines_plot(
    title: str,
    note: str,
    names: tuple[str, str],
    lines: dict[int, list[Point]],
    arms: Sequence[ArmSummary],
    *,
    money: bool = False,
) -> Plot | None:
    """Draw a line for each arm; `None` if there is nothing to draw."""
    points = [point for line in lines.values() for point in line]
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    costs = money or names[0].startswith("tokens")
    chart = Chart(axis_for(names[0], xs, zero=costs, money=money), axis_for(names[1], ys))
    svg = chart.svg(all_lines(chart, lines, arms), f"{title}. {ends(lines, arms)}")
    return Plot(title, note, svg, drawn_arms(lines))


def all_lines(chart: Chart, lines: dict[int, list[Point]], arms: Sequence[ArmSummary]) -> str:
    """Draw the line of each arm that has one."""
    drawn = (chart.line(place, line, arms[place]["name"]) for place, line in lines.items() if line)
    return "".join(drawn)


def known_points(pairs: Sequence[tuple[float | None, float | None]]) -> list[Point]:
    """Return the pairs of which both values are numbers."""
    return [
        (x, y)
        for x, y in pairs
        if x is not None and y is not None and math.isfinite(x) and math.isfinite(y)
    ]


def drawn_arms(lines: dict[int, list[Point]]) -> list[int]:
    """Return the arms that have a point."""
    return [place for place, line in lines.items() if line]


def ends(lines: dict[int, list[Point]], arms: Sequence[ArmSummary]) -> str:
    """Say where each line ends."""
    said = (
        f"{arms[place]['name']}: {figure(line[-1][1])} at {figure(line[-1][0])}"
        for place, line in lines.items()
        if line
    )
    return "; ".join(said)
