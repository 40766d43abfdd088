"""`tpo runs`, `show` and `graph`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.

from __future__ import annotations

from typing import Annotated

import typer

from .options import DatabaseOrFolder, Json, RunId, takes_settings
from .top_level import app

DELETION = "Delete runs, never one under way"
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="List at most this many runs.")]
RunIds = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Only these runs.")]
WithSize = Annotated[
    bool, typer.Option("--size", metavar=" ", help="Show what each run takes on the disk.")
]
Delete = Annotated[
    bool,
    typer.Option("--delete", metavar=" ", help="Delete the runs named.", rich_help_panel=DELETION),
]
OlderThan = Annotated[
    str | None,
    typer.Option(
        metavar="AGE", help="Delete runs older than this, such as 30d (min, h, d, w).",
        rich_help_panel=DELETION,
    ),
]  # fmt: skip
Keep = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=0, help="Delete all but the newest N; they stay in any case.",
        rich_help_panel=DELETION,
    ),
]  # fmt: skip
Yes = Annotated[
    bool,
    typer.Option("--yes", "-y", metavar=" ", help="Do not ask.", rich_help_panel=DELETION),
]


@app.command()
def runs(  # noqa: PLR0913  a setting each
    *,
    ids: RunIds = None,
    limit: Limit = 20,
    size: WithSize = False,
    delete: Delete = False,
    older_than: OlderThan = None,
    keep: Keep = None,
    yes: Yes = False,
    db: DatabaseOrFolder = None,
    json: Json = False,
) -> int:
    """List saved runs, or the rows of a batch; or delete some runs, and free their space."""
    from ..commands.delete_runs import delete_runs_of
    from ..commands.runs import list_runs

    if delete or older_than is not None or keep is not None:
        return delete_runs_of(ids or [], older_than, keep, db, yes=yes, named=delete)
    return list_runs(limit, ids or [], db, json, size)


@app.command()
def show(
    run_id: RunId,
    candidate: Annotated[
        str | None,
        typer.Option("--candidate", "-c", help="Print one answer in full, such as r1c3."),
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", metavar=" ", help="List the checkpoints, for tpo fork --at."),
    ] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="CHECKPOINT", help="Show the run as it was there.")
    ] = None,
    db: DatabaseOrFolder = None,
    json: Json = False,
) -> int:
    """Show a run, or a row of a batch: its pool, critiques, rounds and cost."""
    from ..commands.show import show as work

    return work(run_id, candidate, history, at, db, json)


@app.command()
@takes_settings(("mode",))
def graph(settings: dict[str, object]) -> int:
    """Print the state machine as a Mermaid diagram."""
    from ..commands.graph import print_graph

    return print_graph(settings)
