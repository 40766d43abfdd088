"""`tpo compare`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.
# ruff: noqa: PLR0913, PLR0917  a command has as many parameters as a person may type

from __future__ import annotations

from typing import Annotated

import typer

from .options import CHECKPOINTS, Json, Quiet, takes_settings
from .settings import OUTPUT
from .settings_of_rows import ROW_SETTINGS
from .top_level import app

EXAMPLES = """\
Examples:

tpo compare prompts.jsonl -o out -p openai:gpt-5-mini -r judge

tpo compare prompts.jsonl -o out --arm plain:mode=best_of_n --arm deep:depth=4 --arm small:width=3

tpo compare --from out/tpo out/best-of-20 --equal dollars

The same command again goes on where it was stopped.

Exit codes: 0 compared; 1 a model or a reward failed, everything paid for is saved; 2 a file, a
folder or a setting is wrong; 130 interrupted, can be resumed.
"""
EQUAL_HELP = (
    "What the arms get the same of on each row: tokens, texts, requests, dollars or nothing."
)
ARM_HELP = (
    "One way to answer, and how it differs: NAME:mode=adaptive,depth=3. Any setting, policy and "
    "reward too; mode=policy is a single sample. Give it twice or more. Default: best_of_n as wide "
    "as the others spend, tpo, adaptive."
)
OF_ARMS = {"mode", "heldout"}  # or given here in another way
SETTINGS_OF_ALL = [one.name for one in ROW_SETTINGS if one.name not in OF_ARMS]
ARMS_PANEL = "Arms"

Sources = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE", help="Prompts, as for tpo batch; or with --from, more folders."),
]
Finished = Annotated[
    list[str] | None,
    typer.Option(
        "--from", metavar="DIR", help="Finished batches, as DIR or NAME=DIR: no call is made."
    ),
]
ArmsTyped = Annotated[
    list[str] | None,
    typer.Option("--arm", metavar="NAME:K=V,...", help=ARM_HELP, rich_help_panel=ARMS_PANEL),
]
EqualUnit = Annotated[
    str, typer.Option("--equal", metavar="UNIT", help=EQUAL_HELP, rich_help_panel=ARMS_PANEL)
]
Like = Annotated[
    str,
    typer.Option(
        "--like",
        metavar="ARM",
        help="Give every arm what this one spent. Default: what the cheapest spent, row by row.",
        rich_help_panel=ARMS_PANEL,
    ),
]
HeldAgainst = Annotated[
    str,
    typer.Option(
        "--against",
        metavar="ARM",
        help="Hold the others against this one. Default: best-of-N, else the first.",
        rich_help_panel=ARMS_PANEL,
    ),
]
HeldOuts = Annotated[
    list[str] | None,
    typer.Option(
        "--heldout",
        metavar="SPEC",
        help="A reward that scores the compared answers and steers nothing; may be repeated.",
    ),
]
JudgedBy = Annotated[
    str | None,
    typer.Option("--judge", metavar="SPEC", help="A model that compares answers in both orders."),
]
VerifyField = Annotated[
    str,
    typer.Option(
        "--verify-field", metavar="COLUMN", help="The column that verifiers are given, if any."
    ),
]
ComparedIn = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Folder for the batches, comparison.json, report.html and report.md.",
        rich_help_panel=OUTPUT,
    ),
]

UnderWay = Annotated[
    str,
    typer.Option("--checkpoints", metavar="URL", help=CHECKPOINTS, rich_help_panel=OUTPUT),
]


@app.command("compare", epilog=EXAMPLES)
@takes_settings(SETTINGS_OF_ALL, environment=True, of=ROW_SETTINGS)
def compare_ways(
    settings: dict[str, object],
    sources: Sources = None,
    finished: Finished = None,
    arm: ArmsTyped = None,
    equal: EqualUnit = "tokens",
    like: Like = "",
    against: HeldAgainst = "",
    heldout: HeldOuts = None,
    judge: JudgedBy = None,
    verify_field: VerifyField = "",
    output: ComparedIn = None,
    checkpoints: UnderWay = "",
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Find out which way to answer is better on your prompts, and at what price.

    All ways share their first samples, and are compared at equal cost: row by row, with intervals.
    """
    from ..commands.compare import TypedComparison

    given = (arm or [], heldout or [], judge, verify_field, checkpoints, json, quiet)
    compare = TypedComparison(settings, *given).compare
    return compare(sources or [], finished or [], output, (equal, like, against))
