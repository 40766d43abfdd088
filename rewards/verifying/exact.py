"""Whether an answer is one text and nothing else."""

from __future__ import annotations

from ..base import Score, scored

# The same for every expected text: how near an answer came would give it away, letter by letter.
OTHER = "the answer is not the expected text; only that text counts, with nothing around it"


def exact_match(query: str, answer: str, *, expected: str) -> Score:
    r"""Return 1 when the answer is the expected text, blanks at its ends aside.

    Example:
        >>> exact_match("2 + 2?", " 4\n", expected="4")["reward"]
        1.0
    """
    same = answer.strip() == expected.strip()
    return scored(float(same), "" if same else OTHER)
