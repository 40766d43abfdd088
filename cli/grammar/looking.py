"""The commands that look at things: what can be typed, and the help."""

# ruff: noqa: PLC0415  commands import their work when they are called: --help stays fast

from __future__ import annotations

from typing import Annotated, Any

import typer

from .group import app
from .options import Database, Json, RunId, takes_knobs


@app.command()
def runs(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most runs to list.")] = 20,
    db: Database = None,
    json: Json = False,
) -> int:
    """List saved runs, the one touched last first."""
    from ..commands.runs import list_runs

    return list_runs(limit, db, json)


@app.command()
def show(
    id: RunId,
    candidate: Annotated[
        str | None, typer.Option("--candidate", "-c", help="Print one answer in full: r1c3.")
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", metavar=" ", help="List checkpoints, for tpo fork --at."),
    ] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="CHECKPOINT", help="Show the run as it was there.")
    ] = None,
    db: Database = None,
    json: Json = False,
) -> int:
    """Show a run: the pool, the rounds, what was criticised, what it cost."""
    from ..commands.show import show as work

    return work(id, candidate, history, at, db, json)


@app.command()
@takes_knobs(("mode",))
def graph(knobs: dict[str, Any]) -> int:
    """Print the state machine as a Mermaid diagram."""
    from ..commands.graph import print_graph

    return print_graph(knobs)


@app.command(
    epilog="Exit codes: 0 all scored; 1 some could not be scored; 2 a wrong file or setting."
)
@takes_knobs(("reward", "policy"), environment=True)
def score(
    knobs: dict[str, Any],
    file: Annotated[
        str, typer.Argument(help="JSON lines, or CSV with columns prompt and answer; - is stdin.")
    ] = "-",
) -> int:
    """Score the answers in a file: rows with prompt (or messages) and answer.

    Prints the rows with reward and error added, as JSON lines; in a terminal as a table.
    """
    from ..commands.score import score as work

    return work(file, knobs)


@app.command(epilog="Exit codes: 0 TPO will work; 1 it will not, or not well; 2 a wrong setting.")
@takes_knobs(
    ("policy", "reward", "critic", "temperature", "max_tokens", "update_format", "timeout"),
    environment=True,
)
def doctor(
    ctx: typer.Context,
    knobs: dict[str, Any],
    tries: Annotated[
        int, typer.Option("--tries", min=1, max=20, help="Updates to ask for per probe.")
    ] = 3,
    json: Json = False,
) -> int:
    """Check whether policy and reward are fit for TPO, with about ten short requests.

    TPO needs a model that follows instructions: weak models are made worse by it.

    With --reward and no --policy it looks at the reward alone, and shows its scores of 14 pairs.
    """
    from ..commands.doctor import examine

    typed = {name for name in ("policy", "critic", "reward") if _is_typed(ctx, name)}
    return examine(tries, json, knobs, reward_alone=typed == {"reward"})


def _is_typed(ctx: typer.Context, name: str) -> bool:
    """Return whether an option was typed, not read from the environment."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
