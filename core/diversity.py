"""How much the texts of a round differ: shares of common word pairs, cheap and in any language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise
from statistics import fmean

NEAR_COPY = 0.8  # from this likeness on a text says what another says
_WORD = re.compile(r"\w+")
_Pairs = frozenset[tuple[str, ...]]


def word_pairs(text: str) -> _Pairs:
    """Return the pairs of words that follow each other; a single word pairs with nothing."""
    words = [word.casefold() for word in _WORD.findall(text)]
    return frozenset(pairwise(words)) or frozenset((word,) for word in words)


def likeness(a: _Pairs, b: _Pairs) -> float:
    """Return the share of word pairs that two texts have in common, from 0 to 1.

    Example:
        >>> likeness(word_pairs("The sky is blue."), word_pairs("the sky is grey"))
        0.5
    """
    return len(a & b) / len(a | b) if a or b else 1.0


def diversity(texts: Sequence[str]) -> float | None:
    """Return how much texts differ on average: 0 if all are copies, 1 if they share nothing.

    Args:
        texts: The usable answers of a round.

    Returns:
        A number from 0 to 1, or `None` for fewer than two texts.

    Example:
        >>> diversity(["The sky is blue.", "the sky is grey"])
        0.5
    """
    pairs = [word_pairs(text) for text in texts]
    alike = [likeness(a, b) for a, b in combinations(pairs, 2)]
    return round(1 - fmean(alike), 3) if alike else None


def near_copies(texts: Sequence[str], before: Sequence[str] = ()) -> int:
    """Return how many texts nearly copy an earlier one.

    Args:
        texts: The usable answers of a round, in order.
        before: Answers that they are held against too.

    Example:
        >>> near_copies(["The sky is blue.", "The sky is blue!", "Grey."])
        1
    """
    seen = [word_pairs(text) for text in before]
    count = 0
    for text in texts:
        pairs = word_pairs(text)
        count += any(likeness(pairs, other) >= NEAR_COPY for other in seen)
        seen.append(pairs)
    return count
