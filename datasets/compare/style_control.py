"""The style-controlled win rate: what the win rate would be with equal length and markdown.

Arena-Hard fits a Bradley-Terry model whose terms are which model, the difference in length, and the
differences in how densely headers, lists and bold text stand (`show_result.py` and
`utils/add_markdown_info.py` of lmarena/arena-hard-auto; the method is that of T. Li et al., "Does
style matter?", 2024). For two arms that is a logistic regression of who wins.

What differs here: length is counted in characters, with four for a token, since the arms'
tokenizers are not at hand. Terms are scaled by their deviation and not centred: of two arms alone,
centring would book the usual difference in style on the arm, which is what is to be taken out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import stdev

from .length_control import length_told_apart
from .regression import logistic, weights_of

CODE = re.compile(r"```[^`]*```")
MARKS = (
    re.compile(r"^#{1,6}\s", re.MULTILINE),
    re.compile(r"^[^\S\n]*(?:\d+\.|[-*+])\s", re.MULTILINE),  # not over empty lines: one pass
    re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__"),
)
CHARACTERS = 4  # of a token


def markdown_marks(text: str) -> list[int]:
    r"""Return how many headers, list items and bold passages a text has outside its code.

    Example:
        >>> markdown_marks("# Why\n- one\n- two, and **bold**")
        [1, 2, 1]
    """
    plain = CODE.sub("", text)
    return [len(mark.findall(plain)) for mark in MARKS]


def style_terms(ours: str, theirs: str) -> list[float]:
    """Return how two answers differ in style: in length, headers, lists and bold text."""
    long, short = len(ours), len(theirs)
    terms = [(long - short) / ((long + short) or 1)]
    for a, b in zip(markdown_marks(ours), markdown_marks(theirs), strict=True):
        dense, rare = CHARACTERS * a / (long or 1), CHARACTERS * b / (short or 1)
        terms.append((dense - rare) / (dense + rare + 1))
    return terms


def style_controlled(outcomes: Sequence[float], texts: Sequence[tuple[str, str]]) -> float | None:
    """Return how often an arm would win if both wrote in the same style.

    Args:
        outcomes: For each row 1.0 if the arm wins, 0.0 if it loses, 0.5 for a tie.
        texts: For each row the arm's answer and the other's.

    Returns:
        The win rate, 0 to 1; `None` if length alone cannot be told from the arm, as for
        `length_controlled`.
    """
    lengths = [len(ours) - len(theirs) for ours, theirs in texts]
    if len(outcomes) < 2 or not length_told_apart(lengths):
        return None
    columns = [list(column) for column in zip(*(style_terms(*pair) for pair in texts), strict=True)]
    kept = [[x / scale for x in column] for column in columns if (scale := stdev(column)) > 0]
    terms = [[1.0, *(column[row] for column in kept)] for row in range(len(outcomes))]
    return round(logistic(weights_of(terms, outcomes)[0]), 6)
