"""`tpo batch`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.

from __future__ import annotations

from typing import Annotated

import typer

from .options import takes_settings
from .settings import OUTPUT
from .top_level import app

EXAMPLES = """\
Examples:

tpo batch prompts.jsonl -p openai:gpt-5-mini -r judge -o out

tpo batch questions.csv -d 0 -w 8 -o best-of-8

The same command again goes on where it was stopped.

Exit codes: 0 all rows have an answer; 1 some have failed, or the batch was stopped by its budget;
2 the file or a setting is wrong, nothing was paid for; 130 interrupted, can be resumed.
"""


@app.command("batch", epilog=EXAMPLES)
@takes_settings(environment=True)
def answer_file(
    settings: dict[str, object],
    file: Annotated[
        str,
        typer.Argument(help="JSON lines, a JSON list, CSV, TSV or Parquet; - reads stdin."),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder for results.jsonl, pools.jsonl and metadata.json.",
            rich_help_panel=OUTPUT,
        ),
    ],
    verify_field: Annotated[
        str,
        typer.Option(
            "--verify-field",
            metavar="COLUMN",
            help="The column with the expected answer, for verify:exact and verify:math; or with "
            "what your own verifier (query, answer, row) is given in place of the whole row.",
        ),
    ] = "",
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", metavar=" ", help="Try rows that failed again.")
    ] = False,
    keep_runs: Annotated[
        bool,
        typer.Option("--keep-runs", metavar=" ", help="Keep the checkpoints of rows that ended."),
    ] = False,
) -> int:
    """Answer a file of prompts, many at once, into a folder.

    Each row is written as it ends. The same command again goes on, and pays for nothing twice.
    """
    from ...core.make_context import make_context
    from ...datasets.batch.plan import Plan
    from ...nodes.paid.run_models import GivenModels
    from ..commands.batch import run_batch

    plan = Plan(
        given=GivenModels(),
        context=make_context(None, **settings),
        verify_field=verify_field,
        retry_failed=retry_failed,
        keep_runs=keep_runs,
    )
    return run_batch(file, output, plan)
