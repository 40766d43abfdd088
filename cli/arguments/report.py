"""`tpo report`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.

from __future__ import annotations

from typing import Annotated

import typer

from .top_level import app


@app.command(epilog="Exit codes: 0 written; 2 the folder is wrong.")
def report(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="Folder of a batch, done or under way.")
    ],
) -> int:
    """Write report.html for a batch: its figures, and all rows to search, sort and open.

    One file that loads nothing and sends nothing. For a comparison it is written already.
    """
    from ..commands.report import report_folder

    return report_folder(folder)
