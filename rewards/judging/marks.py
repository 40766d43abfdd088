"""The verdict of a rubric: pass or fail for each criterion, with a reason where there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NotRequired

from typing_extensions import TypedDict

from ...core.json_types import JsonObject
from ...core.replies.reply import Reply
from ...prompts.reasons import WHY
from ...prompts.rubric import (
    BARE_OUTPUT,
    LINES_OUTPUT,
    MARK_OUTPUT,
    MARK_SCHEMA,
    REASONED_OUTPUT,
    WORD_OUTPUT,
    marks_schema,
)
from .unwrapped import entry, unwrapped
from .verdict import Choice

EVEN = 0.5  # a mark passes from here
ROOM_OF_ONE = 128  # tokens for a mark and its reason
_LINE = re.compile(r"\W*(\d+)\s*[:.)=-]\W*(\w+)\W*")
_WORDS = {
    **dict.fromkeys(("true", "yes", "pass", "passed", "passes", "met"), True),
    **dict.fromkeys(("false", "no", "fail", "failed", "fails", "unmet"), False),
}


class Mark(TypedDict):
    """What a judge says of one criterion: plain JSON, as it is saved."""

    passed: bool
    score: NotRequired[float]
    """How likely it passes, from 0 to 1, if log-probabilities tell."""
    why: NotRequired[str]


@dataclass(frozen=True)
class Marks:
    """A mark for each of some numbered criteria; a reply that leaves one out is not a verdict.

    Attributes:
        count: How many criteria there are, numbered from 1.
        reasons: Whether it is asked why.
    """

    count: int
    reasons: bool = True
    one_word: ClassVar[bool] = False
    bare_last: ClassVar[bool] = True
    plain: str = LINES_OUTPUT

    @property
    def as_json(self) -> str:
        """How to ask for marks as JSON."""
        return REASONED_OUTPUT if self.reasons else BARE_OUTPUT

    @property
    def schema(self) -> JsonObject:
        """The schema: an object with every number."""
        return marks_schema(self.count, self.reasons)

    @property
    def room(self) -> int:
        """Tokens for all of them, and for a few words first."""
        return 512 + ROOM_OF_ONE * self.count

    def read(self, reply: Reply) -> list[Mark] | None:
        """Return the marks in the order of the criteria."""
        if reply.error:
            return None
        names = [str(number) for number in range(1, self.count + 1)]
        lines = [_LINE.fullmatch(line) for line in unwrapped(reply.text).splitlines()]
        bare = {line[1]: line[2] for line in lines if line}
        if len(lines) == self.count == len(bare) and None not in lines:
            found = [read_mark(bare.get(name)) for name in names]
        else:
            found = [read_mark(entry(reply.text, name)) for name in names]
        marks = [mark for mark in found if mark]
        return marks if len(marks) == self.count else None


PASS_OR_FAIL = Choice(
    values={"pass": 1.0, "Pass": 1.0, "PASS": 1.0, "fail": 0.0, "Fail": 0.0, "FAIL": 0.0},
    plain=WORD_OUTPUT,
    as_json=MARK_OUTPUT,
    key="mark",
    schema=MARK_SCHEMA,
)


@dataclass(frozen=True)
class OneMark:
    """One mark without a reason: a single word, so that log-probabilities tell how sure it is."""

    one_word: ClassVar[bool] = True
    bare_last: ClassVar[bool] = False
    plain: str = PASS_OR_FAIL.plain
    as_json: str = PASS_OR_FAIL.as_json
    room: int = PASS_OR_FAIL.room

    @property
    def schema(self) -> JsonObject:
        """The schema: an object with the mark."""
        return PASS_OR_FAIL.schema

    def read(self, reply: Reply) -> list[Mark] | None:
        """Return the mark."""
        chance = PASS_OR_FAIL.read(reply)
        if chance is None:
            return None
        mark = Mark(passed=chance >= EVEN)
        if 0.0 < chance < 1.0:
            mark["score"] = chance
        return [mark]


def read_mark(said: object) -> Mark | None:
    """Return what is said of one criterion, or `None` if it is neither pass nor fail.

    Example:
        >>> read_mark({"passed": False, "why": "It has three."}), read_mark("pass")
        ({'passed': False, 'why': 'It has three.'}, {'passed': True})
        >>> read_mark("perhaps")
    """
    asked = said if isinstance(said, Mapping) else {"passed": said}
    said, why = asked.get("passed"), asked.get(WHY)
    passed = _WORDS.get(str(said).strip().lower())
    if passed is None:
        return None
    mark = Mark(passed=passed)
    if isinstance(why, str) and why.strip():
        mark["why"] = why.strip()
    return mark
