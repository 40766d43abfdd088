"""Which texts of a pool are held against each other: a pure function of the pool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.errors import InputError
from ...core.pool import reward_of
from ...core.state import Candidate

Chosen = tuple[Candidate, Candidate]
"""The better and the worse of two candidates."""
KINDS = "best-worst, last-first or top-3 (any number)"


@dataclass(frozen=True)
class Pairing:
    """How pairs are made.

    Attributes:
        kind: `best-worst`: the pool's best and worst. `last-first`: the best of the last round
            and the first sample, which is what the policy says by itself. `top`: the best with
            the worst, the second best with the second worst, and so on.
        count: How many pairs of a pool, at most.
        min_margin: How far apart their rewards must be at least, in the reward's units.
    """

    kind: str = "best-worst"
    count: int = 1
    min_margin: float = 0.0


def pairing(name: str, min_margin: float = 0.0) -> Pairing:
    """Return what a name such as `best-worst` or `top-3` stands for.

    Raises:
        InputError: it stands for nothing.
    """
    if name in {"best-worst", "last-first"}:
        return Pairing(name, 1, min_margin)
    top = re.fullmatch(r"top-([1-9]\d{0,3})", name)
    if top is None:
        raise InputError(f"--pairs {name}: choose {KINDS}")
    return Pairing("top", int(top[1]), min_margin)


def pairs_in(pool: Sequence[Candidate], how: Pairing) -> list[Chosen]:
    """Return the pairs of a pool.

    Args:
        pool: Scored candidates on one scale, each with a text of its own.
        how: How they are paired.

    Returns:
        Pairs whose first has the higher reward, by at least `min_margin`; each text is in one
        pair at most.

    Example:
        >>> pairs_in([], Pairing())
        []
    """
    order = sorted(pool, key=reward_of, reverse=True)
    if how.kind == "last-first":
        found = last_and_first(pool)
    else:
        half = min(how.count, len(order) // 2)
        found = list(zip(order[:half], reversed(order[len(order) - half :]), strict=True))
    return [pair for pair in found if 0 < margin(pair) >= how.min_margin]


def last_and_first(pool: Sequence[Candidate]) -> list[Chosen]:
    """Pair the best answer of the last round with the first sample."""
    last = max((c["round"] for c in pool), default=0)
    if last == 0:
        return []
    newest = max((c for c in pool if c["round"] == last), key=reward_of)
    first = [c for c in pool if c["round"] == 0]
    return [(newest, first[0])] if first else []


def margin(pair: Chosen) -> float:
    """Return how far the rewards of a pair are apart."""
    return reward_of(pair[0]) - reward_of(pair[1])


def best_texts(pool: Sequence[Candidate], how: Pairing) -> list[Candidate]:
    """Return the texts to imitate: the best of the pool, or of the last round."""
    last = max((c["round"] for c in pool), default=0)
    among = [c for c in pool if how.kind != "last-first" or c["round"] == last]
    return sorted(among, key=reward_of, reverse=True)[: how.count]
