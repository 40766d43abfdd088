"""How many texts a server gives for one request, where that is limited.

A limit is kept among the refused parameters, as `n>4`: so the state has it, and a resumed run
asks in the same order. `n` alone says that only single texts can be asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from .refusals import words_of

_LIMIT = re.compile(
    r"(?i)(?:\b1(?: \(inclusive\))?(?:,| and| to|-|\.\.\.?) ?|at most |up to |no more than "
    r"|maximum(?: value)?(?: of| is|:)? |(?:less than|smaller than) or equal to |<= ?|≤ ?"
    r"|(?P<below>less than |fewer than |smaller than |below ))"
    r"(?P<texts>\d{1,4})\b(?P<open> \(exclusive\))?"
)


def at_most(texts: int) -> str:
    """Return the name under which a limit is kept.

    Example:
        >>> at_most(4)
        'n>4'
    """
    return f"n>{texts}" if texts > 1 else "n"


def limit_among(refused: Collection[str]) -> int | None:
    """Return the most texts that one request may ask for, or `None` without a limit."""
    limits = [int(name.removeprefix("n>")) for name in refused if name.startswith("n>")]
    return 1 if "n" in refused else min(limits, default=None)


def refused_texts(error: BaseException, asked: int, refused: Collection[str]) -> str:
    """Return what is known after a request for several texts was refused: `n`, or `n>4`.

    A limit is believed if the refusal names just one that explains it, and only once: if as
    many as it allows are refused too, single texts are asked for.

    Args:
        error: The refusal.
        asked: How many texts were asked for.
        refused: What was known before.
    """
    found = set[int]()
    for match in _LIMIT.finditer(words_of(error)):
        found.add(int(match["texts"]) - bool(match["below"] or match["open"]))
    fitting = [texts for texts in found if 1 < texts < asked]
    believed = len(fitting) == 1 and limit_among(refused) is None
    return at_most(fitting[0]) if believed else "n"
