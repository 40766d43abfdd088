"""How much the texts of a round differ: shares of common word pairs, cheap and in any language."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from heapq import nsmallest
from itertools import chain, combinations, pairwise
from math import ceil
from statistics import fmean

NEAR_COPY = 0.8  # from this likeness on a text says what another says
FEW = 8  # pairs: of shorter texts likeness tells little
_SIGN = re.compile(r"[-+*/%=<>&|^~!]")
_ASCII_WORD = re.compile(r"\w+")
# Chinese, Japanese, Thai, Lao, Burmese and Khmer have no spaces: each of their letters is a word.
_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
# In India's scripts vowel signs are parts of words, though `\w` leaves them out.
_WORD = re.compile(rf"[{_ALONE}]|(?:[^\W{_ALONE}]|[\u0900-\u0dff])+")
Pairs = frozenset[str]


def variety(texts: Sequence[str], before: Sequence[str] = ()) -> tuple[float | None, int]:
    """Return how much the texts of a round differ, and how many nearly copy an earlier one.

    Args:
        texts: The usable answers of a round, in order.
        before: The answers of the rounds before: copies of these count too.

    Returns:
        The mean difference, 0 if all are copies and 1 if they share nothing, or `None` for fewer
        than two texts; and the number of near copies.

    Example:
        >>> variety(["The sky is blue.", "the sky is grey"])
        (0.5, 0)
        >>> variety(["Grey."], before=["grey!"])
        (None, 1)
    """
    pairs = [word_pairs(text) for text in texts]
    alike = [likeness(a, b) for a, b in combinations(pairs, 2)]
    differ = round(1 - fmean(alike), 3) if alike else None
    return differ, len(near_copies(pairs, [word_pairs(text) for text in before]))


def word_pairs(text: str) -> Pairs:
    """Return the pairs of words that follow each other; a single word pairs with nothing."""
    if text.isascii():
        words = _ASCII_WORD.findall(text.lower())
    else:  # casefolding a whole text is faster, but may change where words end
        words = [word.casefold() for word in _WORD.findall(text)]
    return frozenset(map(" ".join, pairwise(words))) or frozenset([" ".join(words)])


def likeness(a: Pairs, b: Pairs) -> float:
    """Return the share of word pairs that two texts have in common, from 0 to 1.

    Example:
        >>> likeness(word_pairs("The sky is blue."), word_pairs("the sky is grey"))
        0.5
    """
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def nearly_same(one: str, other: str, pairs: Callable[[str], Pairs] | None = None) -> bool:
    """Return whether a text says nearly what another says; of short ones, whether they are equal.

    Other signs of arithmetic or code say something else, though no word holds them.

    Args:
        one: A text.
        other: Another.
        pairs: Returns a text's pairs, if they are known; `word_pairs` if left out.

    Example:
        >>> nearly_same("x > 0", "x < 0")
        False
    """
    a, b = map(pairs or word_pairs, (one, other))
    if min(len(a), len(b)) < FEW:
        return one.split() == other.split() != []
    return likeness(a, b) >= NEAR_COPY and _SIGN.findall(one) == _SIGN.findall(other)


def near_copies(texts: Sequence[Pairs], before: Sequence[Pairs]) -> set[int]:
    """Return which texts nearly copy an earlier one, by their places.

    To compare all with all takes seconds in a large pool. But a near copy lacks few of a text's
    pairs, so of some more pairs than these it has the rest, whichever they are. Only what has as
    many of the text's rarest pairs is compared.

    Args:
        texts: The word pairs of the answers of a round, in order.
        before: Those of the rounds before.
    """
    counts = Counter(chain.from_iterable(texts))
    least = [1 + len(pairs) // 20 for pairs in texts]
    rare = defaultdict[str, list[int]](list)
    for place, pairs in enumerate(texts):
        lacks = len(pairs) - ceil(NEAR_COPY * len(pairs))
        for pair in nsmallest(lacks + least[place], pairs, key=counts.__getitem__):
            rare[pair].append(place)
    copies, known = set[int](), frozenset(rare)
    for nth, other in enumerate([*before, *texts], start=-len(before)):
        shared = Counter(chain.from_iterable(rare[pair] for pair in known & other))
        near = {p for p, n in shared.items() if n >= least[p] and p > nth} - copies
        copies |= {p for p in near if likeness(texts[p], other) >= NEAR_COPY}
    return copies
