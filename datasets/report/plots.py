"""The plots of a report: how arms compare in cost, rounds, held-out reward and length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..compare.comparison import ArmSummary, Comparison
from .axes import axis_for
from .chart import Chart, Point
from .wording import figure

MOST_DOTS = 3000  # of a plot; more make a file large and a picture no clearer


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


def report_plots(comparison: Comparison) -> list[Plot]:
    """Return the plots for which the comparison has figures.

    Args:
        comparison: What was found.
    """
    arms = comparison["arms"]
    made = [cost_plot(arms), round_plot(arms), heldout_plot(arms), length_plot(comparison)]
    return [plot for plot in made if plot]


def cost_plot(arms: Sequence[ArmSummary]) -> Plot | None:
    """Draw the reward against dollars, or against tokens if a price is unknown."""
    priced = all(arm["cost_usd"] is not None for arm in arms)
    lines = {}
    for place, arm in enumerate(arms):
        end = (arm["cost_usd"] if priced else arm["tokens"], arm["reward"])
        steps = [(p["cost_usd"] if priced else p["tokens"], p["reward"]) for p in arm["curve"][:-1]]
        lines[place] = known_points([*steps, end])
    title = f"Reward against {'cost' if priced else 'tokens'}"
    note = "" if priced else "A price is unknown, so tokens stand for the cost. "
    note += "Higher and further left is better; small marks are earlier rounds."
    name = "dollars for each row" if priced else "tokens for each row"
    return lines_plot(title, note, (name, "reward"), lines, arms, money=priced)


def heldout_plot(arms: Sequence[ArmSummary]) -> Plot | None:
    """Draw the held-out reward against the one that was optimised."""
    lines = {}
    for place, arm in enumerate(arms):
        steps = [(point["reward"], point["heldout"]) for point in arm["curve"][:-1]]
        lines[place] = known_points([*steps, (arm["reward"], arm["heldout"])])
    note = "A line that goes right and not up has learnt the reward, not the task."
    names = ("optimised reward", "held-out reward")
    return lines_plot("Optimised against held-out", note, names, lines, arms)


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
    drawn = "".join(chart.line(place, line) for place, line in lines.items() if line)
    return Plot(title, note, chart.svg(drawn, f"{title}. {ends(lines, arms)}"), shown(lines))


def round_plot(arms: Sequence[ArmSummary]) -> Plot | None:
    """Draw the reward of the best answer after each round."""
    lines = {
        place: known_points([(point["round"], point["reward"]) for point in arm["curve"]])
        for place, arm in enumerate(arms)
    }
    points = [point for line in lines.values() for point in line]
    if max((x for x, _ in points), default=0) < 1:
        return None
    xs, ys = zip(*points, strict=True)
    chart = Chart(axis_for("round", xs, zero=True, whole=True), axis_for("reward", ys))
    drawn = "".join(
        (chart.level(place, line[0][1]) if len(line) == 1 else "") + chart.line(place, line)
        for place, line in lines.items()
        if line
    )
    note = "The best answer so far. Arms without rounds are level lines."
    svg = chart.svg(drawn, f"Reward per round. {ends(lines, arms)}")
    return Plot("Reward per round", note, svg, shown(lines))


def length_plot(comparison: Comparison) -> Plot | None:
    """Draw every answer's reward against its length, and each arm's means."""
    arms, rows = comparison["arms"], comparison["rows"]
    clouds = {
        place: known_points(
            [
                (len(a["text"]), a["reward"])
                for row in rows
                if (a := row["answers"].get(arm["name"]))
            ]
        )
        for place, arm in enumerate(arms)
    }
    means = {place: known_points([(a["length"], a["reward"])]) for place, a in enumerate(arms)}
    points = [point for found in (clouds, means) for cloud in found.values() for point in cloud]
    if not points:
        return None
    every = math.ceil(len(points) / MOST_DOTS)
    xs, ys = zip(*points, strict=True)
    chart = Chart(axis_for("characters", xs, zero=True), axis_for("reward", ys))
    drawn = "".join(chart.dots(place, cloud[::every]) for place, cloud in clouds.items())
    drawn += "".join(chart.line(place, mean) for place, mean in means.items() if mean)
    note = "A dot is an answer, a large mark the mean of an arm."
    note += f" Every {every}th answer is drawn." if every > 1 else ""
    svg = chart.svg(drawn, f"Reward against length. {ends(means, arms)}")
    return Plot("Reward against length", note, svg, shown(means))


def known_points(pairs: Sequence[tuple[float | None, float | None]]) -> list[Point]:
    """Return the pairs of which both values are numbers."""
    return [
        (x, y)
        for x, y in pairs
        if x is not None and y is not None and math.isfinite(x) and math.isfinite(y)
    ]


def shown(lines: dict[int, list[Point]]) -> list[int]:
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
