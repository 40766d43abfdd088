"""A comparison as one HTML file that asks nobody for anything."""

from __future__ import annotations

from html import escape

from ...core.replies.reply import well_formed
from ..compare.comparison import Comparison
from .report_table import ReportTable
from .tables import report_tables


def report_html(comparison: Comparison) -> str:
    """Return a comparison as a page: one file, which loads nothing and sends nothing.

    Args:
        comparison: What was found.

    Returns:
        The HTML.
    """
    sentences = "".join(f"<p>{escape(text)}</p>" for text in comparison["sentences"])
    tables = "".join(map(html_table, report_tables(comparison)))
    title = escape(comparison["title"])
    page = f"<!doctype html><title>{title}</title><h1>{title}</h1>{sentences}{tables}"
    return well_formed(page)


def html_table(table: ReportTable) -> str:
    """Return a table with its heading."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in table.rows
    )
    drawn = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<h2>{escape(table.title)}</h2>{drawn}"
