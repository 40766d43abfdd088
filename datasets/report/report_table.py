"""One table of a report: texts in rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .wording import NONE


@dataclass(frozen=True)
class ReportTable:
    """A table of a report.

    Attributes:
        title: What it shows.
        note: How to read it, in a sentence.
        head: The names of the columns.
        rows: A text for each column.
        texts: How many columns hold words; those after them hold figures.
    """

    title: str
    note: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1


def without_empty_columns(table: ReportTable) -> ReportTable:
    """Return a table without the columns that know nothing."""
    kept = [i for i in range(len(table.head)) if any(row[i] != NONE for row in table.rows)]
    rows = [[row[i] for i in kept] for row in table.rows]
    texts = sum(i < table.texts for i in kept)
    return ReportTable(table.title, table.note, [table.head[i] for i in kept], rows, texts)
