"""The entry point of `tpo`: runs a command; a failure becomes a sentence and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

import typer

from ..core.errors import (
    ConfigError,
    InputError,
    MissingDependencyError,
    StoreError,
    TPOError,
    evidence,
)

# They register themselves, in this order.
from .arguments import (  # noqa: F401  # isort: skip
    run_resume_fork,
    runs_show_graph,
    batch,
    compare,
    export,
    report,
    score_doctor,
    serve,
    serve_keys,
    serve_backup,
)
from .arguments.ray_address import with_address
from .arguments.top_level import app
from .console import say
from .interrupted import Interrupted, how_to_go_on, run_of

WRONG_INPUT = (InputError, ConfigError, MissingDependencyError, StoreError, typer.TyperException)
FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        args: What was typed after `tpo`; default: the arguments of this process.
    """
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a sign shows "?"
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        given = with_address(sys.argv[1:] if args is None else args)
        return int(app(args=given, prog_name="tpo", standalone_mode=False) or 0)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the last stop
        if os.environ.get("TPO_DEBUG") or "--debug" in (args or sys.argv):
            traceback.print_exc()
        return _explain(error)


def _explain(error: BaseException) -> int:
    """Say what went wrong in one sentence on stderr; return the exit code."""
    run = run_of(error)
    if isinstance(error, Interrupted | KeyboardInterrupt | typer.Abort):
        try:  # else Python complains that nobody reads what is left to write
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        resume = f"continue with: tpo resume {run}"
        say(f"interrupted; {resume}" if run else "interrupted before anything was saved")
        return INTERRUPTED
    if isinstance(error, TPOError):
        words = " ".join(str(error).split())
    elif isinstance(error, typer.TyperException):  # something typed that typer does not understand
        words = " ".join(error.format_message().split())
    else:
        words = f"{evidence(error)}; this should not happen; set TPO_DEBUG=1 to see the traceback"
    say(f"error: {words}")
    if line := how_to_go_on(error):
        say(line)
    return BAD_INPUT if isinstance(error, WRONG_INPUT) else FAILED


if __name__ == "__main__":
    sys.exit(main())
