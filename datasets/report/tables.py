"""The tables of a report as rows of text, for HTML and Markdown alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.number_format import count, seconds
from ..compare.comparison import ArmSummary, Comparison
from .pair_tables import differences_table, wins_table
from .report_table import ReportTable, without_empty_columns
from .wording import NONE, figure, integer, one_line, percent, usd


def report_tables(comparison: Comparison) -> list[ReportTable]:
    """Return the tables of a comparison that have something to show.

    Args:
        comparison: What was found.
    """
    made = [
        arms_table(comparison["arms"]),
        differences_table(comparison["differences"]),
        wins_table(comparison["win_rates"]),
        smaller_table(comparison),
        left_out_table(comparison["left_out"]),
    ]
    return [without_empty_columns(table) for table in made if table.rows]


ARM_COLUMNS: dict[str, Callable[[ArmSummary], str]] = {
    "Reward": lambda arm: figure(arm["reward"]),
    "Held-out": lambda arm: figure(arm["heldout"]),
    "Verified": lambda arm: percent(arm["accuracy"]),
    "Cost": lambda arm: usd(arm["cost_usd"]),
    "Tokens": lambda arm: integer(arm["tokens"]),
    "Texts": lambda arm: integer(arm["texts"]),
    "Requests": lambda arm: integer(arm["requests"]),
    "Time": lambda arm: seconds(arm["seconds"]),
    "Length": lambda arm: integer(arm["length"]),
    "From round 0": lambda arm: percent(arm["from_first"]),
    "Failed": lambda arm: integer(arm["failed"]),
}


def arms_table(arms: Sequence[ArmSummary]) -> ReportTable:
    """Return the arms with what they came to, for each row."""
    rows = [
        [
            arm["name"],
            ", ".join(f"{name} {one_line(str(value))}" for name, value in arm["settings"].items())
            or NONE,
            *(column(arm) for column in ARM_COLUMNS.values()),
        ]
        for arm in arms
    ]
    note = "Means for each row. Length is in characters."
    return ReportTable("Arms", note, ("Arm", "Settings", *ARM_COLUMNS), rows, texts=2)


def smaller_table(comparison: Comparison) -> ReportTable:
    """Return what smaller settings would have given."""
    rows = [
        [
            found["arm"],
            f"D{found['depth']}-N{found['width']}",
            figure(found["reward"]),
            percent(found["gain_share"]),
            percent(found["token_share"]),
        ]
        for found in comparison["smaller"]
    ]
    head = ("Arm", "Setting", "Reward", "Of the gain", "Of the tokens")
    note = "From the answers at hand, without another request: D is the depth, N the width."
    return ReportTable("Smaller settings", note, head, rows, texts=2)


def left_out_table(left_out: dict[str, str]) -> ReportTable:
    """Return the rows that were not compared."""
    rows = [[row, one_line(why)] for row, why in left_out.items()]
    note = "Only rows that every arm answered are compared."
    return ReportTable("Left out", note, ("Row", "Why"), rows, texts=2)


def about_comparison(comparison: Comparison) -> str:
    """Return what was compared, in a line."""
    rows, equal = len(comparison["rows"]), comparison["equal"]
    parts = [
        count(len(comparison["arms"]), "arm"),
        "" if equal == "nothing" else f"equal {equal}",
        f"{rows:,} {'query' if rows == 1 else 'queries'}",
        comparison["created"][:10],
    ]
    return ", ".join(filter(None, parts))
