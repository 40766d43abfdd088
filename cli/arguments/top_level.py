"""The command `tpo` itself: its help, its exit codes, and the options before a command."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

EXIT_CODES = (
    "Exit codes: 0 done; 1 the policy or the reward failed, everything paid for is saved; "
    "2 the input or a setting is wrong, nothing was paid for; 3 waiting for a person to choose; "
    "130 interrupted, can be resumed."
)
app = typer.Typer(
    name="tpo",
    help="Align a frozen language model while it answers: sample, rank, criticise, improve.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", metavar=" ", help="Print the version.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", metavar=" ", envvar="TPO_DEBUG", help="Show error tracebacks."),
    ] = False,
) -> None:
    """Align a frozen language model while it answers: sample, rank, criticise, improve."""
    context.obj = {"debug": debug}
    if version:
        from importlib import metadata  # slow, seldom used

        with suppress(metadata.PackageNotFoundError):  # run from a source tree
            typer.echo(f"tpo {metadata.version('tpo')}")
            raise typer.Exit
        typer.echo("tpo (not installed)")
        raise typer.Exit
