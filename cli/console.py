"""Where output goes: stdout, rich in a terminal and plain in a pipe; stderr, for the person."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO

from rich.console import Console
from rich.table import Table

PIPE_WIDTH = 10_000  # nothing is wrapped or cut in a pipe
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


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
        print(line.rstrip())


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """Return an empty table without a frame."""
    made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", no_wrap=name in right)
    return made


def print_raw(text: str) -> None:
    """Print a text as it is; in a terminal without its control characters."""
    print(harmless(text) if sys.stdout.isatty() else text)


def say(message: str) -> None:
    """Write a line for the person to stderr; stdout belongs to the result."""
    print(message, file=sys.stderr, flush=True)


def harmless(text: str) -> str:
    """Blank control characters: a model's text must not steer the terminal."""
    return _CONTROLS.sub("�", text)


def short(text: str, length: int) -> str:
    """Return the beginning of a text as one harmless line."""
    line = harmless(" ".join(text[: 4 * length].split()))
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
