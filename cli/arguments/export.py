"""`tpo export`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.

from __future__ import annotations

from typing import Annotated

import typer

from .options import Database
from .top_level import app

EXAMPLES = """\
Examples:

tpo export --out pairs.jsonl

tpo export answers/ --task kto --pairs top-3 --min-margin 0.5 --out kto.jsonl

tpo export --to llama-factory --task reward --out data/

Left out: equal texts, and answers that are malformed, vetoed, unscored or cut off. From runs to a
trained model: docs/export.md.
"""


Places = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FOLDER|ID]...",
        help="Folders of tpo batch and tpo compare, ids of runs. Default: all saved runs.",
    ),
]
To = Annotated[str, typer.Option("--to", help="trl, openrlhf, axolotl or llama-factory.")]
TaskName = Annotated[str, typer.Option("--task", "-t", help="dpo, kto, reward or sft.")]
Pairs = Annotated[
    str, typer.Option("--pairs", help="best-worst, last-first, or top-3 (any number).")
]
MinMargin = Annotated[
    float, typer.Option("--min-margin", min=0, help="Rewards of a pair differ by this at least.")
]
RankedBy = Annotated[
    list[str] | None,
    typer.Option("--reward", metavar="NAME", help="Only runs that it ranked; may be repeated."),
]
Critiques = Annotated[
    bool,
    typer.Option("--critiques", metavar=" ", help="The critics' texts, to train critics."),
]
Out = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="PATH", help="A new file; a folder for llama-factory."),
]


@app.command(epilog=EXAMPLES)
def export(  # noqa: PLR0913  a setting each
    *,
    places: Places = None,
    to: To = "trl",
    task: TaskName = "dpo",
    pairs: Pairs = "best-worst",
    min_margin: MinMargin = 0.0,
    reward: RankedBy = None,
    critiques: Critiques = False,
    out: Out = None,
    db: Database = None,
) -> int:
    """Export answers or critiques of runs, batches and comparisons for trainers."""
    from ...datasets.export.exporting import wish_for
    from ..commands.export import write_export

    wish = wish_for(to, task, pairs, min_margin, critiques=critiques)
    return write_export(places or [], wish, reward or [], db, out)
