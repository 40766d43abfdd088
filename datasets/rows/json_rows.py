"""Rows as JSON: one per line, or all in one list. Read as a stream, never all at once."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import IO

from ...core.errors import InputError
from ...core.strict_json import parse_json

Numbered = Iterator[tuple[int, object]]
LONGEST = 64 * 1024 * 1024  # bytes of one row
CHUNK = 1024 * 1024
BEGINNING = re.compile(r"\s*\[")
BLANK = re.compile(r"\s*")
BETWEEN = re.compile(r"[\s,]*")
DECODER = json.JSONDecoder()


def lines_of_json(file: IO[bytes]) -> Numbered:
    """Yield the number of each line, and what it holds.

    Raises:
        InputError: a line is not JSON; the message names it.
    """
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise InputError(
                f"line {number} is longer than {LONGEST // CHUNK} MB: is it JSON lines?"
            )
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if text:
                yield number, parse_json(text, unique=True)
        except UnicodeDecodeError as error:
            raise InputError(f"line {number}: not UTF-8 text: {error.reason}") from None
        except ValueError as error:
            raise InputError(f"line {number}: not JSON: {why_not(error)}") from None


def why_not(error: ValueError) -> str:
    """Return what is wrong with a line; Python's reader would count lines within it.

    Example:
        >>> why_not(json.JSONDecodeError("Expecting value", "[1,", 3))
        'Expecting value (character 4)'
    """
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (character {error.pos + 1})"
    return str(error)


def json_list(file: IO[bytes]) -> Numbered:
    """Yield the line on which each row of a list begins, and the row.

    Raises:
        InputError: it is not JSON; the message names the line.
    """
    text = TextWindow(file)
    text.skip(BEGINNING)
    while not text.over():
        number, row = text.line, text.value()
        yield number, row
    text.end()


class TextWindow:
    """The part of a JSON text that is being read; what was read is dropped.

    Attributes:
        line: The line that is being read, from 1.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._decoder = file, getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self.line = "", 0, 1
        self.more()

    def more(self) -> bool:
        """Read on; `False` at the end."""
        piece = self._file.read(CHUNK)
        try:
            self._text = self._text[self._at :] + self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            raise InputError(f"line {self.line} or later: not UTF-8 text: {error.reason}") from None
        self._at = 0
        return bool(piece)

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Pass over what matches here."""
        if found := pattern.match(self._text, self._at):
            self.to(found.end())

    def to(self, place: int) -> None:
        """Go on to a place in the text."""
        self.line += self._text.count("\n", self._at, place)
        self._at = place

    def over(self) -> bool:
        """Go to the next row; return whether there is none."""
        self.skip(BETWEEN)
        while self._at == len(self._text):
            if not self.more():
                raise InputError(f"line {self.line}: the list has no end; was the file cut off?")
            self.skip(BETWEEN)
        return self._text[self._at] == "]"

    def end(self) -> None:
        """Pass over the end of the list.

        Raises:
            InputError: something follows it.
        """
        self.to(self._at + 1)
        self.skip(BLANK)
        while self._at == len(self._text) and self.more():
            self.skip(BLANK)
        if self._at < len(self._text):
            raise InputError(f"line {self.line}: more follows the end of the list: is it one list?")

    def value(self) -> object:
        """Return the next row.

        Raises:
            InputError: it is not JSON.
        """
        while True:
            try:
                _, end = DECODER.raw_decode(self._text, self._at)
                break
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at < LONGEST and self.more():
                    continue
                why = error.msg if isinstance(error, json.JSONDecodeError) else error
                raise InputError(f"line {self.line}: not JSON: {why}") from None
        try:
            row = parse_json(self._text[self._at : end], unique=True)
        except ValueError as error:
            raise InputError(f"line {self.line}: not JSON: {error}") from None
        self.to(end)
        return row
