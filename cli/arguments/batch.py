"""`tpo batch`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.

from __future__ import annotations

import inspect
from functools import partial
from typing import Annotated, Any, cast

import typer

from .options import CHECKPOINTS, Json, Quiet, takes_settings
from .settings import OUTPUT
from .settings_of_rows import ROW_SETTINGS
from .top_level import app

EXAMPLES = """\
Examples:

tpo batch prompts.jsonl -p openai:gpt-5-mini -r judge -o out

tpo batch gsm8k.parquet -r verify:math --verify-field answer -o out

tpo batch prompts.jsonl -p openai:gpt-5-mini -r judge -o /shared/out --ray 10.0.0.1:6379

The same command again goes on where it was stopped. More in docs/batch.md.

A row may bring settings of its own, as a column with an object: "settings": {"width": 10}. Not
those that name models, rewards or prices, nor the concurrency, timeout and retries of the batch.

Exit codes: 0 all rows have an answer; 1 some have failed, or a limit for all rows ended the batch;
2 the file or a setting is wrong, nothing was paid for; 130 interrupted, can be resumed.
"""
Typed = str | bool | float | list[str] | None
TOTAL, ROWS, RAY = "All rows together", "Rows", "On a Ray cluster"


def read_share(text: str) -> float:
    """Read a share: `5%` or 0.05."""
    try:
        value = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter(f"{text!r} is not a share such as 5%")
    return value


def _total(of: str) -> str:
    return f"Send nothing more once all rows together have cost this many {of}."


# Name: panel, how it is typed, kind, metavar, help.
OPTIONS: dict[str, tuple[str, tuple[str, ...], type, str, str]] = {
    "output": (OUTPUT, ("--output", "-o"), str, "DIR",
        "Folder for results.jsonl, pools.jsonl and metadata.json."),
    "formats": (OUTPUT, ("--format",), list, "NAME",
        "Write the answers in this form too: alpaca-eval, arena-hard, mt-bench, inspect (a log for "
        "inspect view) or parquet; may be repeated."),
    "verify_field": (ROWS, ("--verify-field",), str, "COLUMN",
        "The column with the expected answer, for verify:exact and verify:math, in a mix too; or "
        "with what your own verifier (query, answer, row) is given in place of the whole row."),
    "retry_failed": (ROWS, ("--retry-failed",), bool, " ", "Try failed rows again."),
    "keep_runs": (ROWS, ("--keep-runs",), bool, " ", "Keep the checkpoints of rows that ended."),
    "checkpoints": (OUTPUT, ("--checkpoints",), str, "URL", CHECKPOINTS),
    "total_requests": (TOTAL, ("--total-requests",), int, "N", _total("requests")),
    "total_tokens": (TOTAL, ("--total-tokens",), int, "N", _total("tokens")),
    "total_seconds": (TOTAL, ("--total-seconds",), float, "X", _total("seconds")),
    "total_usd": (TOTAL, ("--total-usd",), float, "X", _total("dollars; needs known prices")),
    "fail_on_error": (TOTAL, ("--fail-on-error",), str, "SHARE",
        "End once more rows than this share have failed, such as 5%; if fewer fail, the exit code "
        "is 0. Default: all rows are tried, and one that fails makes it 1."),
    "ray": (RAY, ("--ray",), str, "[ADDRESS]",
        "Run the rows on a Ray cluster: HOST:PORT, or local for a new one on this machine. Without "
        "an address: what RAY_ADDRESS names, or what ray start has begun here, or a new local "
        "one. All nodes share the folder, and have tpo and the keys. Needs the extra ray."),
    "ray_actors": (RAY, ("--ray-actors",), int, "N",
        "Actors that run rows. Default: one for each node. They share --max-concurrency."),
    "ray_blocks": (RAY, ("--ray-blocks",), int, "N",
        "Blocks that the rows are cut into. Default: a few for each actor, each large enough to "
        "keep it busy."),
}  # fmt: skip


def batch_option(name: str) -> inspect.Parameter:
    """Return the parameter that typer makes an option of."""
    panel, flags, kind, metavar, text = OPTIONS[name]
    annotation: Any = list[str] if kind is list else kind
    least = 0 if kind in {int, float} else None
    parser = read_share if name == "fail_on_error" else None
    option: Any = typer.Option(
        *flags, help=text, parser=parser, rich_help_panel=panel, metavar=metavar,
        show_default=False, min=least,
    )  # fmt: skip
    parameter = partial(inspect.Parameter, name, inspect.Parameter.KEYWORD_ONLY)
    if name == "output":
        return parameter(annotation=Annotated[annotation, option])
    return parameter(annotation=Annotated[annotation | None, option], default=None)


def answer_file(file: str, settings: dict[str, object], **given: Typed) -> int:
    """Answer a file of prompts, many at once, into a folder.

    Each row is written as it ends. The same command again goes on, and pays for nothing twice.
    """
    from ..commands.batch import batch_plan, run_batch
    from ..input.typed_cluster import cluster_typed
    from ..output_mode import OutputMode

    output, folder = OutputMode(bool(given["json"]), bool(given["quiet"])), str(given["output"])
    formats = cast("list[str]", given["formats"] or [])
    plan, cluster = batch_plan(settings, given), cluster_typed(given)
    return run_batch(file, folder, plan, output, formats, cluster)


FILE = Annotated[
    str, typer.Argument(help="JSON lines, a JSON list, CSV, TSV or Parquet; - reads stdin.")
]
_KIND = inspect.Parameter.KEYWORD_ONLY
# Typer reads here what can be typed.
answer_file.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter("settings", _KIND),
        inspect.Parameter("file", _KIND, annotation=FILE),
        *[batch_option(name) for name in OPTIONS],
        inspect.Parameter("json", _KIND, default=False, annotation=Json),
        inspect.Parameter("quiet", _KIND, default=False, annotation=Quiet),
    ]
)
app.command("batch", epilog=EXAMPLES)(
    takes_settings(environment=True, of=ROW_SETTINGS)(answer_file)
)
