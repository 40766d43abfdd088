"""`tpo runs`, `show` and `graph`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.

from __future__ import annotations

from typing import Annotated

import typer

from .options import Database, Json, RunId, takes_settings
from .top_level import app


@app.command()
def runs(
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="List at most this many runs.")
    ] = 20,
    db: Database = None,
    json: Json = False,
) -> int:
    """List saved runs, the latest first."""
    from ..commands.runs import list_runs

    return list_runs(limit, db, json)


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
    db: Database = None,
    json: Json = False,
) -> int:
    """Show a run: its pool, critiques, rounds and cost."""
    from ..commands.show import show as work

    return work(run_id, candidate, history, at, db, json)


@app.command()
@takes_settings(("mode",))
def graph(settings: dict[str, object]) -> int:
    """Print the state machine as a Mermaid diagram."""
    from ..commands.graph import print_graph

    return print_graph(settings)
