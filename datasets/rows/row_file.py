"""Rows from a file, from stdin, or from a caller: checked once, then read as often as needed."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO

from ...core.errors import InputError
from .columns import PROMPTS
from .json_rows import Numbered
from .own_settings import deciding
from .row import Row, RowReader
from .sources import copied, read_numbered, readable

STDIN = "-"


def nothing() -> None:
    """Do nothing: a file is closed after each reading."""


@dataclass(frozen=True)
class Rows:
    """Rows that were checked.

    Attributes:
        place: What messages call the source.
        numbered: Begins to read: yields the line of each row, and what is there.
        count: How many there are.
        digest: Differs with every row.
        close: Ends the reading.
        verify: A column that each row must have, if any.
        compared: Whether ways to answer are compared on them: each is a single search then, with
            the settings of its arm.
        varied: Once they are checked: the first row of each combination of own settings, with its
            line.
    """

    place: str
    numbered: Callable[[], Numbered]
    count: int = 0
    digest: str = ""
    close: Callable[[], None] = nothing
    verify: str = ""
    compared: bool = False
    varied: Sequence[tuple[int, Row]] = ()

    def __iter__(self) -> Iterator[Row]:
        return (row for _, row in self.with_lines())

    def with_lines(self) -> Iterator[tuple[int, Row]]:
        """Yield each row with its line."""
        reader = RowReader(verify=self.verify, compared=self.compared)
        numbered = self.numbered()
        while True:
            try:
                line, given = next(numbered)
            except StopIteration:
                return
            except InputError as error:
                raise InputError(f"{self.place}, {error}") from None
            try:
                row = reader.row(given)
            except InputError as error:
                raise InputError(f"{self.place}, line {line}: {error}") from None
            yield line, row

    def checked(self) -> Rows:
        """Return the same after reading all of it.

        Raises:
            InputError: there are no rows, or one cannot be answered; the message names its line.
        """
        count, digest, varied = 0, hashlib.sha256(), dict[str, tuple[int, Row]]()
        for line, row in self.with_lines():
            count += 1
            varied.setdefault(deciding(row.settings), (line, row))
            text = json.dumps([row.id, row.input], sort_keys=True, default=str)
            digest.update(text.encode())
        if not count:
            raise InputError(
                f"{self.place} has no rows: give one object per line, with one of the columns "
                f"{', '.join(PROMPTS)}"
            )
        first = tuple(varied.values())
        return replace(self, count=count, digest=digest.hexdigest(), varied=first)


def rows_of(given: str | Path | Iterable[object]) -> Rows:
    """Return the rows of a file, or those that a caller gives as objects or bare prompts.

    Args:
        given: A path (JSON lines, a JSON list, CSV, TSV or Parquet; `-` is stdin), or the rows:
            mappings with their columns, lists of messages, or texts.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    if isinstance(given, str | Path):
        if str(given) == STDIN:
            source = getattr(sys.stdin, "buffer", None) or BytesIO(sys.stdin.read().encode())
            return read_from("stdin", copied(source))
        return read_from(str(given), readable(Path(given).expanduser()))
    listed = list(given)
    return Rows("the rows", lambda: iter(enumerate(listed, start=1)))


def read_from(place: str, source: Path | IO[bytes]) -> Rows:
    """Return the rows of a file, which a copy is closed with."""
    close = nothing if isinstance(source, Path) else source.close
    return Rows(place, partial(read_numbered, source), close=close)
