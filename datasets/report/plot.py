"""One plot with its words, and the kind that has a line and a large mark for each arm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Track:
    """What a plot shows of one arm.

    Attributes:
        place: Of the arm among the arms, from 0.
        name: Of the arm.
        end: What is compared, as a large mark.
        steps: The rounds, as a line with small marks.
    """

    place: int
    name: str
    end: Sequence[Point]
    steps: Sequence[Point] = ()


def lines_plot(
    title: str, note: str, names: tuple[str, str], tracks: Sequence[Track], **first_axis: bool
) -> Plot | None:
    """Draw a line and a large mark for each arm; `None` if there is nothing to see.

    Args:
        title: Of the plot.
        note: What it shows.
        names: Of its axes.
        tracks: The arms.
        **first_axis: How the first axis is drawn (`axis_for`).
    """
    points = [point for track in tracks for point in (*track.steps, *track.end)]
    if len(points) < 2:
        return None
    xs, ys = zip(*points, strict=True)
    chart = Chart(axis_for(names[0], xs, **first_axis), axis_for(names[1], ys))
    svg = chart.svg(all_tracks(chart, tracks), f"{title}. {ends(tracks)}")
    return Plot(title, note, svg, drawn_arms(tracks))


def all_tracks(chart: Chart, tracks: Sequence[Track]) -> str:
    """Draw the lines first, so that no line covers a mark."""
    lines = (chart.line(t.place, t.steps, t.name) for t in tracks if t.steps)
    marks = (chart.spot(t.place, point, t.name) for t in tracks for point in t.end)
    return "".join([*lines, *marks])


def known_points(pairs: Sequence[tuple[float | None, float | None]]) -> list[Point]:
    """Return the pairs of which both values are numbers."""
    return [
        (x, y)
        for x, y in pairs
        if x is not None and y is not None and math.isfinite(x) and math.isfinite(y)
    ]


def drawn_arms(tracks: Sequence[Track]) -> list[int]:
    """Return the arms that have a point."""
    return [track.place for track in tracks if track.end or track.steps]


def ends(tracks: Sequence[Track]) -> str:
    """Say where each arm ends."""
    said = (f"{t.name}: {figure(y)} at {figure(x)}" for t in tracks for x, y in t.end)
    return "; ".join(said)
