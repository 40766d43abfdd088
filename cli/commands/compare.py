"""`tpo compare`: hold finished batches against each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from rich.text import Text

from ...core.errors import ConfigError, InputError
from ...datasets.compare.arm_folder import ARMS
from ...datasets.compare.comparing import Terms, compare_folders
from ...datasets.compare.comparison import Comparison, Equal
from ...datasets.compare.figures import Lines, arm_lines, difference_lines, smaller_lines, win_lines
from ...datasets.compare.written import write_comparison
from ..console import page, say, table


def compare_finished(
    folders: Sequence[str], equal: str, like: str, against: str, output: str | None, as_json: bool
) -> int:
    """Compare batch folders, print what was found, write it; return the exit code."""
    if not folders:
        raise InputError("nothing to compare: tpo compare --from DIR DIR")
    found = compare_folders(folders, Terms(equal_of(equal), like, against))
    show_comparison(found, as_json)
    inner = folders[0] if len(folders) == 1 and (Path(folders[0]) / ARMS).is_dir() else None
    if place := output or inner:
        say(f"written: {write_comparison(found, Path(place))}")
    return 0


def equal_of(text: str) -> Equal:
    """Return what arms are to get the same of.

    Raises:
        ConfigError: it is something else.
    """
    if text not in get_args(Equal):
        raise ConfigError(f"--equal {text}: take one of {', '.join(get_args(Equal))}")
    return cast("Equal", text)


def show_comparison(found: Comparison, as_json: bool) -> None:
    """Print a comparison: the sentences first, then the figures."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    with page() as console:
        for words in found["sentences"]:
            console.print(Text(words))
        for lines in (arm_lines(found), difference_lines(found), win_lines(found)):
            console.print()
            console.print(drawn(lines))
        if len(lines := smaller_lines(found)) > 1:
            console.print()
            console.print(drawn(lines))
        console.print(Text(f"\nnext: {found['recommended']}"))


def drawn(lines: Lines) -> object:
    """Return lines of cells as a table of the terminal."""
    head, *rest = lines
    made = table(*head, right=head[1:])
    for line in rest:
        made.add_row(*map(Text, line))
    return made
