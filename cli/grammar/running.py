"""The commands that run something: what can be typed, and the help."""

# ruff: noqa: PLC0415  commands import their work when they are called: --help stays fast
# ruff: noqa: PLR0913, PLR0917  a command has as many parameters as a person may type

from __future__ import annotations

from typing import Annotated, Any

import typer

from .group import EXIT_CODES, app
from .options import (
    Database,
    Events,
    Gradient,
    Json,
    Loss,
    Pick,
    Quiet,
    Reject,
    RunId,
    Stop,
    takes_knobs,
)

RUN_EXAMPLES = """\
Examples:

tpo run "Why is the sky blue?" -p openai:gpt-5-mini

tpo run -p openai:qwen@http://localhost:8000/v1 -d 3 -w 8 < question.txt > answer.md

tpo run "..." --budget-requests 20 --target-reward 4 --json | jq .answer
"""
FORK_EXAMPLES = """\
Examples:

tpo fork 3fa9 --gradient "Name the cause in the first sentence."

tpo fork 3fa9 --round 0 --loss @review.txt --depth 3

tpo fork 3fa9 --drop r0c3 --drop r1c2

tpo fork 3fa9 --at 8ecc7c   (replay: go on from there again, nothing edited)
"""


@app.command(epilog=RUN_EXAMPLES + "\n" + EXIT_CODES)
@takes_knobs(environment=True)
def run(
    knobs: dict[str, Any],
    prompt: Annotated[
        str | None, typer.Argument(help="What to answer; - or nothing reads stdin.")
    ] = None,
    system: Annotated[
        str | None, typer.Option("--system", "-s", help="System prompt: text, or @FILE.")
    ] = None,
    messages: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Chat messages as a JSON list, - for stdin."),
    ] = None,
    db: Database = None,
    json: Json = False,
    quiet: Quiet = False,
    events: Events = False,
) -> int:
    """Answer a prompt. Everything paid for is saved as it comes."""
    from ..commands.run import start
    from ..style import Style

    return start(prompt, system, messages, db, Style(json, quiet, events), knobs)


@app.command(epilog=EXIT_CODES)
@takes_knobs()
def resume(
    knobs: dict[str, Any],
    id: RunId,
    pick: Pick = None,
    reject: Reject = None,
    stop: Stop = False,
    loss: Loss = None,
    gradient: Gradient = None,
    db: Database = None,
    json: Json = False,
    quiet: Quiet = False,
    events: Events = False,
) -> int:
    """Go on with a run that was interrupted, failed, or waits for a person.

    Only what is missing is asked for again. With other settings a finished run goes on
    too: --depth 4 adds rounds.
    """
    from ..commands.resume import resume as work
    from ..style import Style

    choice = {"chosen": pick, "rejected": reject, "stop": stop, "loss": loss, "gradient": gradient}
    return work(id, choice, db, Style(json, quiet, events), knobs)


@app.command(epilog=FORK_EXAMPLES + "\n" + EXIT_CODES)
@takes_knobs()
def fork(
    knobs: dict[str, Any],
    id: RunId,
    at: Annotated[
        str | None,
        typer.Option(metavar="CHECKPOINT", help="Where to branch off; see tpo show ID --history."),
    ] = None,
    round: Annotated[
        int | None, typer.Option("--round", help="Which round to edit; default: the last.")
    ] = None,
    loss: Annotated[
        str | None, typer.Option("--loss", metavar="TEXT|@FILE", help="Replace the loss.")
    ] = None,
    gradient: Annotated[
        str | None, typer.Option("--gradient", metavar="TEXT|@FILE", help="Replace the gradient.")
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", metavar="ID", help="Take an answer out of the pool."),
    ] = None,
    edit: Annotated[
        list[str] | None,
        typer.Option(
            "--edit", metavar="ID=TEXT|ID=@FILE", help="Rewrite an answer; it is scored anew."
        ),
    ] = None,
    db: Database = None,
    json: Json = False,
    quiet: Quiet = False,
    events: Events = False,
) -> int:
    """Branch off a run, with an edited loss, gradient or pool, or with other settings.

    The branch becomes the run's present state; the old one stays in its history.
    Without an edit this is a replay.
    """
    from ..commands.fork import fork as work
    from ..input.edits import Edits
    from ..style import Style

    edits = Edits(round, loss, gradient, tuple(drop or ()), tuple(edit or ()))
    return work(id, at, edits, db, Style(json, quiet, events), knobs)
