"""The plots of a report: how arms compare in cost, rounds, held-out reward and length."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..compare.comparison import ArmSummary, Comparison
from .axes import axis_for
from .chart import Chart
from .plot import Plot, all_lines, drawn_arms, ends, known_points, lines_plot

MOST_DOTS = 3000  # of a plot; more make a file large and a picture no clearer


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
    single = [(place, line[0][1]) for place, line in lines.items() if len(line) == 1]
    drawn = "".join(chart.level(place, value) for place, value in single)
    drawn += all_lines(chart, lines, arms)
    note = "The best answer so far. Arms without rounds are level lines."
    svg = chart.svg(drawn, f"Reward per round. {ends(lines, arms)}")
    return Plot("Reward per round", note, svg, drawn_arms(lines))


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
    drawn += all_lines(chart, means, arms)
    note = "A dot is an answer, a large mark the mean of an arm."
    note += f" One in {every} answers is drawn." if every > 1 else ""
    svg = chart.svg(drawn, f"Reward against length. {ends(means, arms)}")
    return Plot("Reward against length", note, svg, drawn_arms(means))
