"""Rows as CSV, with the names of the columns in the first line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from typing import IO

from ...core.errors import InputError
from ...core.strict_json import parse_json
from .json_rows import why_not
from .turns import TURNS


def csv_rows(file: IO[bytes], delimiter: str = ",") -> Iterator[tuple[int, object]]:
    """Yield the line on which each row ends, and the row; empty fields are left out.

    Raises:
        InputError: a row does not fit the columns; the message names the line.
    """
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    reader = csv.DictReader(text, strict=True, delimiter=delimiter)
    try:
        require_different(reader.fieldnames or ())
        for given in reader:
            if None in given:
                raise InputError(f"line {reader.line_num}: more values than columns")
            row = {name: value for name, value in given.items() if value}
            yield reader.line_num, {**row, **lists_in(row, reader.line_num)}
    except csv.Error as error:
        why = "a quote is not closed" if "end of data" in str(error) else error
        raise InputError(f"line {reader.reader.line_num}: {why}") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"line {reader.line_num + 1} or later: not UTF-8: {error.reason}"
        ) from None
    finally:
        text.detach()  # else it closes the file, which may be read again


def lists_in(row: Mapping[str, str], line: int) -> dict[str, object]:
    """Return the columns of a row that hold a JSON list of messages or of questions.

    Raises:
        InputError: one begins like a list, and is not JSON.
    """
    found = {n: row[n] for n in ("messages", TURNS) if row.get(n, "").lstrip().startswith("[")}
    try:
        return {name: parse_json(text, unique=True) for name, text in found.items()}
    except ValueError as error:
        names = " and ".join(found)
        raise InputError(
            f"line {line}: the list in {names} is not JSON: {why_not(error)}"
        ) from None


def require_different(columns: Sequence[str]) -> None:
    """Refuse a table with two columns of one name: the values of the first would be lost.

    Raises:
        InputError: the message names the column.
    """
    if twice := [name for name in columns if name and columns.count(name) > 1]:
        raise InputError(f'line 1: the column "{twice[0]}" is there twice')
