"""Criteria that a model has written for one query: how they are asked for, read and bounded.

A query may try to write its own. So nothing written is essential, weights and number are bounded,
and beside criteria of the user's own the written ones count no more than these.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ...core.json_types import JsonObject
from ...core.prompt_template import quote
from ...core.replies.reply import Reply
from ...core.special_tokens import as_text
from ...core.written_criterion import WrittenCriterion
from ...prompts.write_criteria import (
    HEAVIEST,
    JSON_OUTPUT,
    LINES_OUTPUT,
    MOST,
    criteria_schema,
)
from .criteria import Criterion
from .unwrapped import entry, unwrapped

LEAST = 2  # with a single criterion answers would hardly differ
LONGEST_NAME, LONGEST_ASK = 80, 300  # characters
_LINE = re.compile(r"\W*(\d)\W+(\S.*)")


@dataclass(frozen=True)
class WrittenCriteria:
    """The reply that holds criteria for a query; one with too few is asked for again."""

    one_word: ClassVar[bool] = False
    bare_last: ClassVar[bool] = True
    room: int = 1024
    plain: str = LINES_OUTPUT
    as_json: str = JSON_OUTPUT

    @property
    def schema(self) -> JsonObject:
        """The schema: an object with a list."""
        return criteria_schema()

    def read(self, reply: Reply) -> list[WrittenCriterion] | None:
        """Return the criteria, each name once."""
        if reply.error:
            return None
        listed = entry(reply.text, "criteria")
        if not isinstance(listed, list):
            lines = [_LINE.fullmatch(line) for line in unwrapped(reply.text).splitlines() if line]
            listed = [{"weight": line[1], "ask": line[2]} for line in lines if line]
            listed = listed if len(listed) == len(lines) else []
        read = [one for given in listed if (one := read_criterion(given))]
        found = list({one["name"].lower(): one for one in reversed(read)}.values())[::-1][:MOST]
        return found if len(found) >= LEAST else None


def read_criterion(given: object) -> WrittenCriterion | None:
    """Return one criterion, in one line and within its bounds; `None` if it asks nothing.

    Example:
        >>> read_criterion({"name": "cause", "ask": "Does it name the cause?", "weight": 1000})
        {'name': 'cause', 'ask': 'Does it name the cause?', 'weight': 3.0}
    """
    if not isinstance(given, Mapping) or not (ask := line_of(given.get("ask"), LONGEST_ASK)):
        return None
    try:
        weight = min(max(float(given.get("weight", 1)), 1.0), float(HEAVIEST))
    except (TypeError, ValueError):
        weight = 1.0
    name = line_of(given.get("name"), LONGEST_NAME) or ask[:LONGEST_NAME]
    return WrittenCriterion(name=name, ask=ask, weight=1.0 if math.isnan(weight) else weight)


def line_of(said: object, most: int) -> str:
    """Return a text as a judge may be shown it: one line, quoted, no longer than it may be."""
    text = " ".join(said.split()) if isinstance(said, str) else ""
    return as_text(quote(text))[:most]


def bounded(
    own: Sequence[Criterion], written: Iterable[WrittenCriterion]
) -> list[WrittenCriterion]:
    """Return written criteria that are not the user's own, and weigh no more than these.

    Example:
        >>> bounded([Criterion("polite")], [{"name": "cause", "ask": "Why?", "weight": 2.0}])
        [{'name': 'cause', 'ask': 'Why?', 'weight': 1.0}]
    """
    names = {one.name.strip().lower() for one in own}
    new = [one for one in written if one["name"].lower() not in names]
    ours, theirs = (math.fsum(weights) for weights in (
        [one.weight for one in own], [one["weight"] for one in new]))  # fmt: skip
    share = min(1.0, ours / theirs) if own and new else 1.0
    return [{**one, "weight": one["weight"] * share} for one in new]
