"""A comparison as it is printed: the sentences first, then the figures."""

from __future__ import annotations

import json

from rich.table import Table
from rich.text import Text

from ...datasets.compare.comparison import Comparison
from ...datasets.compare.figures import Lines, arm_lines, difference_lines, smaller_lines, win_lines
from ..console import page, table


def show_comparison(found: Comparison, *, as_json: bool) -> None:
    """Print a comparison, or the record as one line of JSON."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    with page() as console:
        for words in found["sentences"]:
            console.print(Text(words))
        for lines in (arm_lines, difference_lines, win_lines, smaller_lines):
            if len(lines(found)) > 1:
                console.print()
                console.print(drawn(lines(found)))
        console.print(Text(f"\nnext: {found['recommended']}"))


def drawn(lines: Lines) -> Table:
    """Return lines of cells as a table of the terminal."""
    head, *rest = lines
    made = table(*head, right=head[1:])
    for line in rest:
        made.add_row(*map(Text, line))
    return made
