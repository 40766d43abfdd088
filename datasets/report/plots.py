"""The plots of a report: how arms compare in cost, rounds, held-out reward and length."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..compare.comparison import ArmSummary, Comparison
from .axes import axis_for
from .chart import Chart
from .plot import Plot, Track, all_tracks, drawn_arms, ends, known_points, lines_plot

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
    tracks = [
        Track(
            place,
            arm["name"],
            known_points([(arm["cost_usd"] if priced else arm["tokens"], arm["reward"])]),
            known_points(
                [(p["cost_usd"] if priced else p["tokens"], p["reward"]) for p in arm["curve"]]
            ),
        )
        for place, arm in enumerate(arms)
    ]
    title = f"Reward against {'cost' if priced else 'tokens'}"
    note = "" if priced else "A price is unknown, so tokens stand for the cost. "
    note += "Higher and further left is better. Large marks are compared; small ones are rounds."
    name = "dollars for each row" if priced else "tokens for each row"
    return lines_plot(title, note, (name, "reward"), tracks, zero=True, money=priced)


def heldout_plot(arms: Sequence[ArmSummary]) -> Plot | None:
    """Draw the held-out reward against the one that was optimised."""
    tracks = [
        Track(
            place,
            arm["name"],
            known_points([(arm["reward"], arm["heldout"])]),
            known_points([(point["reward"], point["heldout"]) for point in arm["curve"]]),
        )
        for place, arm in enumerate(arms)
    ]
    note = "A line that goes right and not up has learnt the reward, not the task."
    names = ("optimised reward", "held-out reward")
    return lines_plot("Optimised against held-out", note, names, tracks)


def round_plot(arms: Sequence[ArmSummary]) -> Plot | None:
    """Draw the reward of the best answer after each round."""
    tracks = []
    for place, arm in enumerate(arms):
        steps = known_points([(point["round"], point["reward"]) for point in arm["curve"]])
        tracks.append(Track(place, arm["name"], steps[-1:], steps))
    points = [point for track in tracks for point in track.steps]
    if max((x for x, _ in points), default=0) < 1:
        return None
    xs, ys = zip(*points, strict=True)
    chart = Chart(axis_for("round", xs, zero=True, whole=True), axis_for("reward", ys))
    drawn = "".join(chart.level(t.place, t.end[0][1]) for t in tracks if len(t.steps) == 1)
    svg = chart.svg(drawn + all_tracks(chart, tracks), f"Reward per round. {ends(tracks)}")
    note = "The best answer so far. Arms without rounds are level lines."
    return Plot("Reward per round", note, svg, drawn_arms(tracks))


def length_plot(comparison: Comparison) -> Plot | None:
    """Draw every answer's reward against its length, and each arm's means."""
    arms, rows = comparison["arms"], comparison["rows"]
    clouds = []
    for arm in arms:
        answers = [row["answers"][arm["name"]] for row in rows if arm["name"] in row["answers"]]
        clouds.append(known_points([(len(a["text"]), a["reward"]) for a in answers]))
    ends_at = [known_points([(arm["length"], arm["reward"])]) for arm in arms]
    means = [Track(place, arm["name"], ends_at[place]) for place, arm in enumerate(arms)]
    points = [point for cloud in (*clouds, *ends_at) for point in cloud]
    if not points:
        return None
    every = math.ceil(len(points) / MOST_DOTS)
    xs, ys = zip(*points, strict=True)
    chart = Chart(axis_for("characters", xs, zero=True), axis_for("reward", ys))
    drawn = "".join(chart.dots(place, cloud[::every]) for place, cloud in enumerate(clouds))
    note = "A dot is an answer, a large mark the mean of an arm."
    note += f" One in {every} answers is drawn." if every > 1 else ""
    svg = chart.svg(drawn + all_tracks(chart, means), f"Reward against length. {ends(means)}")
    return Plot("Reward against length", note, svg, drawn_arms(means))
