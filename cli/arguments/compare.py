"""`tpo compare`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.
# ruff: noqa: PLR0917  a command has as many parameters as a person may type

from __future__ import annotations

from typing import Annotated

import typer

from .options import Json
from .settings import OUTPUT
from .top_level import app

EXAMPLES = """\
Examples:

tpo compare --from out/tpo out/best-of-20

tpo compare --from new=out/a old=out/b --equal dollars --against old -o compared

Exit codes: 0 compared; 2 a folder or a setting is wrong.
"""
EQUAL_HELP = (
    "What the arms get the same of on each row: tokens, texts, requests, dollars or nothing."
)
Sources = Annotated[list[str] | None, typer.Argument(metavar="DIR...", help="More batch folders.")]
Finished = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="DIR", help="Folders of finished batches, as DIR or NAME=DIR."),
]
EqualUnit = Annotated[str, typer.Option("--equal", metavar="UNIT", help=EQUAL_HELP)]
Like = Annotated[
    str, typer.Option("--like", metavar="ARM", help="Give every arm what this one spent.")
]
HeldAgainst = Annotated[
    str, typer.Option("--against", metavar="ARM", help="Hold the others against this one.")
]
ComparedIn = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Folder for comparison.json and comparison.md.",
        rich_help_panel=OUTPUT,
    ),
]


@app.command("compare", epilog=EXAMPLES)
def compare_batches(
    sources: Sources = None,
    finished: Finished = None,
    equal: EqualUnit = "tokens",
    like: Like = "",
    against: HeldAgainst = "",
    output: ComparedIn = None,
    json: Json = False,
) -> int:
    """Compare finished batches on the same rows: who wins, by how much, at what price.

    Differences are paired by row, with intervals; no call is made. First samples count one by one,
    so a search can be held against best-of-N that spent as much.
    """
    from ..commands.compare import compare_finished

    folders = [*(finished or []), *(sources or [])]
    return compare_finished(folders, equal, like, against, output, json)
