"""A comparison as Markdown: the verdict, the tables, what to run next."""

from __future__ import annotations

import re

from ...core.replies.reply import well_formed
from ..compare.comparison import Comparison
from .report_table import ReportTable
from .tables import about_comparison, report_tables
from .wording import one_line

_MARKS = re.compile(r"([\\`*_\[\]<>|#~])")


def report_markdown(comparison: Comparison) -> str:
    """Return what a comparison found, as Markdown for an issue or a wiki.

    Texts of rows are left out; `report_html` and the record itself have them.

    Args:
        comparison: What was found.

    Returns:
        The verdict first, then the command to run next, then the tables.

    Example:
        >>> from tpo.datasets.report.markdown import report_markdown  # doctest: +SKIP
        >>> print(report_markdown(comparison))  # doctest: +SKIP
    """
    verdict, *more = comparison["sentences"] or ["Nothing was compared."]
    parts = [f"# {escaped(comparison['title'])}", f"**{escaped(verdict)}**"]
    if more:
        parts.append("\n".join(f"- {escaped(sentence)}" for sentence in more))
    if command := comparison["recommended"].strip():
        parts += ["Run next:", "\n".join(f"    {line}" for line in command.splitlines())]
    parts += [markdown_table(table) for table in report_tables(comparison)]
    parts.append(f"{escaped(about_comparison(comparison))}.")
    return well_formed("\n\n".join(parts)) + "\n"


def markdown_table(table: ReportTable) -> str:
    """Return a table with its heading and its note."""
    lines = [
        list(map(escaped, table.head)),
        ["---" if i < table.texts else "--:" for i in range(len(table.head))],
        *(list(map(escaped, row)) for row in table.rows),
    ]
    drawn = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"## {table.title}\n\n{table.note}\n\n{drawn}"


def escaped(text: str) -> str:
    """Return a text on one line in which Markdown finds no marks of its own."""
    return _MARKS.sub(r"\\\1", one_line(text))
