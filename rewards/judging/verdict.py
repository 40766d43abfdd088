"""One verdict of a language model: asked strictly, read strictly, never guessed.

A reply is exactly a verdict or none: a judge that quotes the answer it judges must not have
the quotation read as its own words. What stands around the whole of it counts for nothing
(`unwrapped.py`). A reply without a verdict is asked for again once, in another
form, and is then a failure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ...core.json_types import JsonObject
from ...core.replies.reply import Reply
from .probabilities import AROUND, expected
from .unwrapped import entry, unwrapped

ROOM = 1024  # for a few words first; a model that thinks has limits of its own
_ORDER = re.compile(r"\d+(?:\s*[>=]\s*\d+)*")


class Form(Protocol):
    """The verdicts a question allows, and the two ways to ask for one."""

    @property
    def plain(self) -> str:
        """How to ask for it as bare text."""
        ...

    @property
    def as_json(self) -> str:
        """How to ask for it as JSON."""
        ...

    @property
    def schema(self) -> JsonObject:
        """The JSON schema."""
        ...

    one_word: ClassVar[bool]
    """Whether bare text is one word, so that its log-probabilities tell how sure it is."""
    bare_last: ClassVar[bool]
    """Whether bare text is asked for only if JSON fails, as it cannot say all that is wanted."""

    @property
    def room(self) -> int:
        """How many tokens a reply may take, if the model has no limit of its own."""
        ...

    def read(self, reply: Reply) -> object:
        """Return what the verdict is worth (plain JSON), or `None` if the reply holds none."""
        ...


@dataclass(frozen=True)
class Choice:
    """A verdict that is one of a few words, each worth a number.

    If the server gives log-probabilities, it counts the expected value over the allowed
    words (a 7 with doubt counts less than a sure 7).

    Attributes:
        values: Each allowed word and what it is worth.
        plain: How to ask for one of them as bare text.
        as_json: How to ask for it as JSON.
        key: The JSON key.
        schema: The JSON schema.
    """

    values: Mapping[str, float]
    plain: str
    as_json: str
    key: str
    schema: JsonObject
    one_word: ClassVar[bool] = True
    bare_last: ClassVar[bool] = False
    room: int = ROOM

    def read(self, reply: Reply) -> float | None:
        """Return what the reply is worth."""
        if reply.error:
            return None
        bare = unwrapped(reply.text).strip(AROUND)
        word = bare if bare in self.values else str(entry(reply.text, self.key))
        if word not in self.values:
            return None
        key = "" if word == bare else self.key
        return expected(self.values, word, reply.logprobs, key)


@dataclass(frozen=True)
class Order:
    """A verdict that puts numbered answers in order, the best first; some may tie.

    Attributes:
        count: How many answers there are, numbered from 1.
        plain: How to ask for it as bare text, `2 > 1 = 3`.
        as_json: How to ask for it as JSON, `[[2], [1, 3]]`.
        key: The JSON key.
        schema: The JSON schema.
    """

    count: int
    plain: str
    as_json: str
    key: str
    schema: JsonObject
    one_word: ClassVar[bool] = False
    bare_last: ClassVar[bool] = False
    room: int = ROOM

    def read(self, reply: Reply) -> list[list[int]] | None:
        """Return groups of numbers, the best first; every answer is named exactly once."""
        if reply.error:
            return None
        bare = unwrapped(reply.text).strip(AROUND)
        named = entry(reply.text, self.key)
        if _ORDER.fullmatch(bare):
            named = [tied.split("=") for tied in bare.split(">")]
        if not isinstance(named, list):
            return None
        known = {str(number): number for number in range(1, self.count + 1)}
        groups = [tied if isinstance(tied, list) else [tied] for tied in named]
        order = [[known.get(str(number).strip(), 0) for number in tied] for tied in groups]
        numbers = sorted(number for tied in order for number in tied)
        return [tied for tied in order if tied] if numbers == list(known.values()) else None
