"""Where output goes: stdout, rich in a terminal and plain in a pipe; stderr, for the person."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO

from rich.console import Console
from rich.table import Table

from . import words

PIPE_WIDTH = 10_000  # nothing is wrapped or cut for a reader that is no terminal


def console_for() -> Console:
    """Return the console of stdout."""
    return Console(highlight=False, markup=False, emoji=False)


@contextmanager
def page() -> Iterator[Console]:
    """Print to stdout: as rich text in a terminal; without padding and colours in a pipe."""
    console = console_for()
    if console.is_terminal:
        yield console
        return
    text = StringIO()
    yield Console(file=text, highlight=False, markup=False, emoji=False, width=PIPE_WIDTH)
    for line in text.getvalue().splitlines():
        print(line.rstrip())  # noqa: T201


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """Return an empty table without frame."""
    made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", no_wrap=name in right)
    return made


def print_raw(text: str) -> None:
    """Print a text as it is; in a terminal without its control characters."""
    print(words.harmless(text) if sys.stdout.isatty() else text)  # noqa: T201


def say(message: str) -> None:
    """Write a line for the person to stderr; stdout belongs to the result."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201
