"""One row: its id, its columns as they were read, and the conversation to answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from ...core.errors import InputError
from ...core.json_types import JsonObject
from .columns import IDS, NAMES, PROMPTS, as_object, conversation_of, in_words
from .own_settings import COLUMN, settings_of_row
from .turns import TURNS, further_questions

LONGEST_ID = 200


@dataclass(frozen=True)
class Row:
    """What is to be answered.

    Attributes:
        id: Names the row in results, and its run.
        input: All its columns.
        messages: The conversation: `{"role", "content"}` each.
        drafts: Answers that exist already: its first candidates.
        settings: Settings of its own, in place of those of all rows.
        further: Messages of the user, each asked once the question before it is answered.
    """

    id: str
    input: JsonObject
    messages: list[JsonObject]
    drafts: tuple[str, ...] = ()
    settings: JsonObject = field(default_factory=dict)
    further: tuple[JsonObject, ...] = ()


@dataclass
class RowReader:
    """Makes rows of what a file holds; the first one says which column is the prompt.

    Attributes:
        prompt: The column of the prompt, once it is known.
        id: The column of the id, or "" for a digest of the row.
        verify: A column that each row must have, if any.
        compared: Whether ways to answer are compared on the rows, which have no own settings then.
    """

    prompt: str = ""
    id: str = ""
    verify: str = ""
    compared: bool = False
    kind: type | None = None
    seen: set[int] = field(default_factory=set, repr=False)
    copies: dict[str, int] = field(default_factory=dict, repr=False)

    def row(self, given: object) -> Row:
        """Return a row.

        Args:
            given: An object with its columns; or a bare prompt.

        Raises:
            InputError: it cannot be answered, or its id was there before.
        """
        columns: JsonObject = {"prompt": given} if isinstance(given, str) else as_object(given)
        if not self.prompt:
            self.learn(columns)
        value = columns.get(self.prompt)
        for name in (self.prompt, self.verify):
            if name and columns.get(name) is None:
                raise InputError(f'the column "{name}" is missing')
        if self.kind and not isinstance(value, self.kind):
            here, first = in_words(value), in_words(self.kind())
            raise InputError(f'"{self.prompt}" is {here}, and {first} in the first row')
        messages = conversation_of(columns, self.prompt)
        settings = settings_of_row(columns)
        if settings and self.compared:
            raise InputError(f'a comparison has no settings of single rows: leave out "{COLUMN}"')
        several = self.prompt == TURNS and not self.compared
        further = further_questions(columns[TURNS]) if several else ()
        return Row(self.id_of(columns), columns, messages, settings=settings, further=further)

    def learn(self, columns: JsonObject) -> None:
        """Take the names of the columns from the first row.

        Raises:
            InputError: it has none to answer.
        """
        found = [name for name in PROMPTS if columns.get(name) is not None]
        if not found:
            if empty := next((name for name in PROMPTS if name in columns), ""):
                raise InputError(f'"{empty}" is empty: say what to answer')
            raise InputError(
                f"no column holds a prompt: call it {NAMES} (the columns: {', '.join(columns)})"
            )
        value = columns[found[0]]
        if not isinstance(value, str | list):
            raise InputError(f'"{found[0]}" is {in_words(value)}: give a text, or messages')
        self.prompt, self.kind = found[0], type(value)
        self.id = id_column(columns)

    def id_of(self, columns: JsonObject) -> str:
        """Return the id of a row.

        Raises:
            InputError: it has none, or another row's.
        """
        column = self.id or id_column(columns)
        name = id_text(columns.get(column), column) if column else digest_of(columns)
        if not column and id_key(name) in self.seen:  # a copy
            self.copies[name] = number = self.copies.get(name, 1) + 1
            name = f"{name}-{number}"
        if id_key(name) in self.seen:
            raise InputError(f"the {column} {name!r} is there twice: each row needs its own")
        self.seen.add(id_key(name))
        return name


def id_column(columns: JsonObject) -> str:
    """Return which column of a row holds its id, or ""."""
    return next((name for name in IDS if columns.get(name) is not None), "")


def id_key(name: str) -> int:
    """Return a number that differs between names, for large sets of them."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())


def id_text(value: object, name: str) -> str:
    """Return an id as text.

    Raises:
        InputError: it is something else, or cannot name a run.
    """
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise InputError(f'"{name}" is {in_words(value)}: give each row a text or a whole number')
    text = str(value)
    if len(text) > LONGEST_ID or not text.isprintable():
        raise InputError(
            f'"{name}" is longer than {LONGEST_ID} characters, or has unprintable ones'
        )
    return text


def digest_of(value: object) -> str:
    """Return what differs between contents, and is the same on every machine."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
