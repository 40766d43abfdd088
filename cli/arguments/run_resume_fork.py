"""`tpo run`, `resume` and `fork`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.
# ruff: noqa: PLR0913, PLR0917  a command has as many parameters as a person may type

from __future__ import annotations

from typing import Annotated

import typer

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
    takes_settings,
)
from .top_level import EXIT_CODES, app

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

tpo fork 3fa9 --at 8ecc7c   (replay: run again from there, nothing edited)
"""


@app.command(epilog=RUN_EXAMPLES + "\n" + EXIT_CODES)
@takes_settings(environment=True)
def run(
    settings: dict[str, object],
    prompt: Annotated[
        str | None, typer.Argument(help="The prompt to answer; - or nothing reads stdin.")
    ] = None,
    system: Annotated[
        str | None, typer.Option("--system", "-s", help="System prompt: text, or @FILE.")
    ] = None,
    messages: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Chat messages as a JSON list; - reads stdin."),
    ] = None,
    db: Database = None,
    json: Json = False,
    quiet: Quiet = False,
    events: Events = False,
) -> int:
    """Answer a prompt. Everything paid for is saved as it arrives."""
    from ..commands.run import start
    from ..output_mode import OutputMode

    return start(prompt, system, messages, db, OutputMode(json, quiet, events), settings)


@app.command(epilog=EXIT_CODES)
@takes_settings()
def resume(
    settings: dict[str, object],
    run_id: RunId,
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
    """Continue a run that was interrupted, failed, or waits for a person.

    Only missing requests are sent. A finished run continues if you change a setting:
    --depth 4 adds rounds.
    """
    from ..commands.resume import resume as work
    from ..output_mode import OutputMode

    choice = {"chosen": pick, "rejected": reject, "stop": stop, "loss": loss, "gradient": gradient}
    return work(run_id, choice, db, OutputMode(json, quiet, events), settings)


@app.command(epilog=FORK_EXAMPLES + "\n" + EXIT_CODES)
@takes_settings()
def fork(
    settings: dict[str, object],
    run_id: RunId,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="CHECKPOINT", help="Checkpoint to branch off from; see tpo show ID --history."
        ),
    ] = None,
    round: Annotated[
        int | None, typer.Option("--round", help="Round to edit. Default: the last.")
    ] = None,
    loss: Annotated[
        str | None, typer.Option("--loss", metavar="TEXT|@FILE", help="Replace the loss.")
    ] = None,
    gradient: Annotated[
        str | None, typer.Option("--gradient", metavar="TEXT|@FILE", help="Replace the gradient.")
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop", metavar="ID", help="Take an answer out of the pool; may be repeated."
        ),
    ] = None,
    edit: Annotated[
        list[str] | None,
        typer.Option(
            "--edit", metavar="ID=TEXT|ID=@FILE", help="Rewrite an answer; it is scored again."
        ),
    ] = None,
    db: Database = None,
    json: Json = False,
    quiet: Quiet = False,
    events: Events = False,
) -> int:
    """Branch off a run, with an edited loss, gradient or pool, or with other settings.

    The branch becomes the run's current state; the old state stays in its history.
    --at alone replays the run from there.
    """
    from ..commands.fork import fork as work
    from ..input.fork_edits import Edits
    from ..output_mode import OutputMode

    edits = Edits(round, loss, gradient, tuple(drop or ()), tuple(edit or ()))
    return work(run_id, at, edits, db, OutputMode(json, quiet, events), settings)
