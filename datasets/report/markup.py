"""Tables and plots of a report as HTML. Every text in them is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .marks import key
from .plot import Plot
from .report_table import ReportTable


def html_table(table: ReportTable, *, keys: bool = False) -> str:
    """Return a table with its heading; it scrolls by itself if it is too wide.

    Args:
        table: The texts.
        keys: Whether a row is an arm, whose mark stands before its name.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    rows = "".join(
        f"<tr>{html_row(row, table.texts, key(place) if keys else '')}</tr>"
        for place, row in enumerate(table.rows)
    )
    name = escape(table.title)
    return (
        f'<section class="block"><h2>{name}</h2><p class="hint">{escape(table.note)}</p>'
        f'<div class="scrolled" tabindex="0" role="region" aria-label="{name}">'
        f'<table class="words-{table.texts}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def html_row(row: Sequence[str], texts: int, before: str) -> str:
    """Return the cells of a row; the first is its heading."""
    first, *rest = row
    cells = "".join(
        f"<td{'' if place < texts else ' class=number'}>{escape(text)}</td>"
        for place, text in enumerate(rest, 1)
    )
    return f'<th scope="row">{before}<bdi>{escape(first)}</bdi></th>{cells}'


def html_plot(plot: Plot, names: list[str]) -> str:
    """Return a plot with its heading and the names of its arms.

    Args:
        plot: The picture and its words.
        names: Of all arms.
    """
    legend = "".join(
        f"<li>{key(place)}<bdi>{escape(names[place])}</bdi></li>" for place in plot.arms
    )
    return (
        f'<figure><figcaption><h3>{escape(plot.title)}</h3><p class="hint">{escape(plot.note)}</p>'
        f'</figcaption>{plot.svg}<ul class="legend">{legend}</ul></figure>'
    )
