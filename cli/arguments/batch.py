"""`tpo batch`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.
# ruff: noqa: PLR0913, PLR0917  a command has as many parameters as a person may type

from __future__ import annotations

from typing import Annotated, Any

import typer

from .options import Json, Quiet, takes_settings
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


TOTAL = "All rows together"


def share(text: str) -> float:
    """Read a share: `5%` or 0.05."""
    try:
        value = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter(f"{text!r} is not a share such as 5%")
    return value


def _total(name: str, of: str) -> Any:
    """Return the option that limits what all rows together cost."""
    text = f"Send nothing more once all rows together have cost this many {of}."
    return typer.Option(
        name, min=0, help=text, metavar="N", rich_help_panel=TOTAL, show_default=False
    )


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
    total_requests: Annotated[int, _total("--total-requests", "requests")] = 0,
    total_tokens: Annotated[int, _total("--total-tokens", "tokens")] = 0,
    total_seconds: Annotated[float, _total("--total-seconds", "seconds, waiting included")] = 0.0,
    total_usd: Annotated[float, _total("--total-usd", "dollars, where prices are known")] = 0.0,
    fail_on_error: Annotated[
        float | None,
        typer.Option(
            "--fail-on-error",
            parser=share,
            metavar="SHARE",
            help="End once more rows than this share have failed, such as 5%; fewer are no failure "
            "of the command. Default: all rows are tried, and any that failed gives exit code 1.",
            rich_help_panel=TOTAL,
            show_default=False,
        ),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", metavar=" ", help="Try rows that failed again.")
    ] = False,
    keep_runs: Annotated[
        bool,
        typer.Option("--keep-runs", metavar=" ", help="Keep the checkpoints of rows that ended."),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Answer a file of prompts, many at once, into a folder.

    Each row is written as it ends. The same command again goes on, and pays for nothing twice.
    """
    from ...core.make_context import make_context
    from ...datasets.batch.plan import Plan, Totals
    from ...nodes.paid.run_models import GivenModels
    from ..commands.batch import run_batch
    from ..output_mode import OutputMode

    plan = Plan(
        given=GivenModels(),
        context=make_context(None, **settings),
        verify_field=verify_field,
        totals=Totals(total_requests, total_tokens, total_seconds, total_usd),
        most_failed=fail_on_error,
        retry_failed=retry_failed,
        keep_runs=keep_runs,
    )
    return run_batch(file, output, plan, OutputMode(json, quiet))
