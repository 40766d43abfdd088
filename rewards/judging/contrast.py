"""Which two answers the criteria for a query are written from, if a contrast is wanted.

Nothing has scored the first answers yet: the criteria are what scores them, and all scores of a
run must come from the same ones. So the judge ranks the first answers once, in one request and
one order, by the general rubric of `groupwise:`. An order may favour a place, but it decides
nothing except which two answers the judge is shown when it writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from ...core.errors import ConfigError

Source = Literal["query", "contrast"]

WRITE = list[int]()  # has criteria written from the query alone
WRITE_FROM, COMPARE = -1, -2  # lead a call: from two places, the better one first; ranks places
MOST = 8  # answers that are ranked; more take much room, and weak judges confuse them


def check_source(source: object) -> None:
    """Refuse another source.

    Raises:
        ConfigError: it is named.
    """
    if source not in get_args(Source):
        raise ConfigError(f"source={source!r}: criteria are written from 'query' or 'contrast'")


def is_start(call: Sequence[int]) -> bool:
    """Return whether a call comes before the marks and is about no answer's score."""
    return not call or call[0] < 0


def is_to_write(call: Sequence[int]) -> bool:
    """Return whether a call has criteria written."""
    return not call or call[0] == WRITE_FROM


def first_call(answers: Sequence[str], source: Source) -> list[int]:
    """Return the call that a round begins with; without two different answers nothing contrasts.

    Example:
        >>> first_call(["a", "b", "a", "c"], "contrast"), first_call(["a", "a"], "contrast")
        ([-2, 0, 1, 3], [])
    """
    different = [place for place, text in enumerate(answers) if text not in answers[:place]]
    contrasts = source == "contrast" and len(different) > 1
    return [COMPARE, *different[:MOST]] if contrasts else WRITE


def call_to_write(compared: Sequence[int], ranking: object) -> list[int]:
    """Return the call that has criteria written from the best and the worst of a ranking.

    Args:
        compared: The call that ranked.
        ranking: Numbers of its places, from 1, the best first, in groups that tie. If there is
            none, or all tie, criteria are written from the query alone.

    Example:
        >>> call_to_write([-2, 0, 1, 3], [[2], [1, 3]])
        [-1, 1, 0]
    """
    if not isinstance(ranking, list) or len(ranking) < 2:
        return WRITE
    return [WRITE_FROM, compared[ranking[0][0]], compared[ranking[-1][0]]]
