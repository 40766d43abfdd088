"""The paper of a plot: axes, and what is drawn between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from .axes import Axis
from .marks import DASHES, arm_class, mark
from .wording import figure, usd

WIDTH, HEIGHT = 400, 270
TOP, RIGHT, BOTTOM = 30, 30, 44
INSET = 9  # so that a mark at the edge covers no label
DIGIT = 6.6  # pixels that a character of a label takes at most

Point = tuple[float, float]


@dataclass(frozen=True)
class Chart:
    """Two axes.

    Attributes:
        x: The one that runs to the right.
        y: The one that runs up.
    """

    x: Axis
    y: Axis

    @property
    def left(self) -> float:
        """Return how far from the left edge the labels need the plot to begin."""
        return 14 + DIGIT * max(len(self.y.label(tick)) for tick in self.y.ticks)

    @property
    def right(self) -> float:
        """Return where the plot has to end for the last label to fit."""
        return WIDTH - max(RIGHT, 4 + DIGIT * len(self.x.label(self.x.ticks[-1])) / 2)

    def at(self, point: Point) -> Point:
        """Return where a pair of values lies on the paper."""
        across = self.x.place(point[0], self.left + INSET, self.right)
        return across, self.y.place(point[1], HEIGHT - BOTTOM, TOP)

    def line(self, place: int, points: Sequence[Point], name: str) -> str:
        """Draw an arm's rounds as a line with small marks.

        Args:
            place: Of the arm among the arms, from 0.
            points: The values.
            name: Of the arm; a pointer on a mark shows it with the values.
        """
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self.at, points))
        dash = DASHES[place % len(DASHES)]
        drawn = f'<polyline class="{arm_class(place)}" stroke-dasharray="{dash}" points="{path}"/>'
        marks = (self.spot(place, point, name, size=3.0) for point in points)
        return (drawn if len(points) > 1 else "") + "".join(marks)

    def spot(self, place: int, point: Point, name: str, size: float = 5.5) -> str:
        """Draw an arm's mark.

        Args:
            place: Of the arm among the arms, from 0.
            point: The values.
            name: Of the arm; a pointer on the mark shows it with the values.
            size: Half its width.
        """
        across = usd(point[0]) if self.x.money else figure(point[0])
        said = f"{name}: {self.y.name} {figure(point[1])}, {self.x.name} {across}"
        return f"<g><title>{escape(said)}</title>{mark(place, *self.at(point), size)}</g>"

    def dots(self, place: int, points: Iterable[Point]) -> str:
        """Draw many points of an arm as one faint path."""
        spots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in map(self.at, points))
        return f'<path class="dots {arm_class(place)}" d="{spots}"/>'

    def level(self, place: int, value: float) -> str:
        """Draw the height of an arm that has one value alone."""
        y = self.at((self.x.ticks[0], value))[1]
        return (
            f'<line class="level {arm_class(place)}" x1="{self.left:.1f}" x2="{self.right:.1f}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/>'
        )

    def svg(self, inside: str, summary: str) -> str:
        """Return the whole picture.

        Args:
            inside: What was drawn.
            summary: What a person hears who cannot see it.
        """
        return (
            f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(summary)}"><g class="axis" aria-hidden="true">'
            f"{self.frame()}</g>{inside}</svg>"
        )

    def frame(self) -> str:
        """Draw the axes with their ticks, labels and names."""
        bottom, parts = HEIGHT - BOTTOM, []
        for tick in self.y.ticks:
            y = self.at((self.x.ticks[0], tick))[1]
            parts.append(stroke(self.left, self.right, y, y))
            parts.append(svg_text(self.left - 6, y + 3.8, "end", self.y.label(tick)))
        for tick in self.x.ticks:
            x = self.at((tick, self.y.ticks[0]))[0]
            parts.append(stroke(x, x, bottom, bottom + 4))
        for tick in self.x.ticks[:: self.label_step()]:
            x = self.at((tick, self.y.ticks[0]))[0]
            parts.append(svg_text(x, bottom + 17, "middle", self.x.label(tick)))
        parts.append(svg_text(0, 14, "start", f"\N{UPWARDS ARROW} {self.y.name}"))
        parts.append(svg_text(self.right, HEIGHT - 8, "end", f"{self.x.name} \N{RIGHTWARDS ARROW}"))
        return "".join(parts)

    def label_step(self) -> int:
        """Return how many steps the labels of the x axis need to stay apart."""
        needed = DIGIT * (2 + max(len(self.x.label(tick)) for tick in self.x.ticks))
        step = (self.right - self.left - INSET) / (len(self.x.ticks) - 1)
        return max(1, math.ceil(needed / step))


def stroke(x1: float, x2: float, y1: float, y2: float) -> str:
    """Return a line of a plot."""
    return f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'


def svg_text(x: float, y: float, anchor: str, text: str) -> str:
    """Return a text of a plot."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
