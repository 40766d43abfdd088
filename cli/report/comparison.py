"""A comparison as it is printed: the sentences first, then the figures."""

from __future__ import annotations

import json

from rich.table import Table
from rich.text import Text

from ...datasets.compare.comparison import Comparison
from ...datasets.report.report_table import ReportTable
from ...datasets.report.tables import report_tables
from ..console import page, table


def show_comparison(found: Comparison, *, as_json: bool) -> None:
    """Print a comparison, or the record as one line of JSON."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    with page() as console:
        for words in found["sentences"]:
            console.print(Text(words))
        for one in report_tables(found):
            console.print()
            console.print(in_terminal(one))
        console.print(Text(f"\nnext: {found['recommended']}"))


def in_terminal(one: ReportTable) -> Table:
    """Return a table of the report as one of the terminal."""
    made = table(*one.head, right=one.head[one.texts :])
    for line in one.rows:
        made.add_row(*map(Text, line))
    return made
