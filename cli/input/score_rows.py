"""The rows that `tpo score` reads: a prompt or messages, and an answer, as JSON lines or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

from langchain_core.messages import AnyMessage

from ...core.conversation import read_conversation, to_messages
from ...core.errors import InputError
from ...core.given_messages import as_meant
from ...core.json_types import JsonObject
from ...core.strict_json import parse_json
from .query import read_text

FORM = '{"prompt": "...", "answer": "..."}, or "messages" instead of "prompt"'


@dataclass(frozen=True)
class ScoreRow:
    """One answer to be scored, and the row it came in."""

    given: JsonObject
    messages: list[AnyMessage]
    answer: str

    @property
    def conversation(self) -> str:
        """A key that differs between conversations."""
        return json.dumps([[m.type, m.content] for m in self.messages])


def read_rows(path: str) -> list[ScoreRow]:
    """Read a file: CSV if its name ends in `.csv` or it does not begin with a brace.

    Args:
        path: The file; `-` is stdin.

    Raises:
        InputError: it cannot be read, holds no rows, or one is wrong; the message names the line.
    """
    text = read_text(path).removeprefix("\ufeff").rstrip()
    as_csv = path.lower().endswith(".csv") or not text.lstrip().startswith("{")
    place = "stdin" if path == "-" else path
    rows = []
    read = _from_csv if as_csv and text else _from_json
    for line, given in read(text, place):
        try:
            rows.append(_row(given))
        except InputError as error:
            raise InputError(f"{place}, line {line}: {error}") from None
    if not rows:
        raise InputError(f"{place} has no rows; write one per line: {FORM}")
    return rows


def _from_json(text: str, place: str) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, parse_json(line)
            except ValueError as error:
                raise InputError(f"{place}, line {number}: not JSON: {error}") from None


def _from_csv(text: str, place: str) -> Iterator[tuple[int, object]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if not {"prompt", "answer"} <= set(reader.fieldnames or ()):
            raise InputError(
                f"{place}, line 1: neither JSON lines nor CSV with the columns prompt and "
                f"answer; write one row per line: {FORM}"
            )
        for given in reader:
            if None in given:
                raise InputError(f"{place}, line {reader.line_num}: more values than columns")
            yield reader.line_num, given
    except csv.Error as error:
        raise InputError(f"{place}, line {reader.reader.line_num}: {error}") from None


def _row(given: object) -> ScoreRow:
    if not isinstance(given, dict):
        raise InputError(f"not a JSON object; write {FORM}")
    answer = given.get("answer")
    if not isinstance(answer, str):
        raise InputError('"answer" is missing or not a text')
    if ("prompt" in given) == ("messages" in given):
        raise InputError('give either "prompt" or "messages"')
    prompt = given.get("prompt", given.get("messages"))
    if not isinstance(prompt, str if "prompt" in given else list):
        raise InputError(
            '"prompt" must be a text' if "prompt" in given else '"messages" must be a list'
        )
    messages = as_meant(to_messages(prompt))
    read_conversation(messages)
    return ScoreRow(given, messages, answer)
