"""The figures of benchmarks/real_model.py: pure functions of what the store holds.

A trail is what an arm had after each of its texts or rounds: tokens spent so far, and the best
reward so far. The shared first samples are charged to every arm in full.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import combinations
from statistics import fmean
from typing import Any, NamedTuple

Record = dict[str, Any]
NEAR_COPY = 0.9  # of the words, in order
RESAMPLES = 5000


class Stand(NamedTuple):
    """What an arm had at one point."""

    tokens: int
    best: float


class Difference(NamedTuple):
    """A mean of paired differences with its 95 % interval."""

    mean: float
    low: float
    high: float


class Mended(NamedTuple):
    """What the answers of a round did to the checks of the answer before.

    Attributes:
        mends: Share of its failed checks that an answer of the round passes, on average.
        breaks: Share of its passed checks that an answer of the round fails, on average.
        best_mends: Share of its failed checks that the round's best answer passes.
    """

    mends: float
    breaks: float
    best_mends: float


def own(record: Record) -> list[Record]:
    """Return the candidates that the arm itself paid for: not the shared first samples."""
    return [c for c in record["candidates"] if not c.get("drafted")]


def usable(candidates: Sequence[Record]) -> list[Record]:
    """Return those that have a reward."""
    return [c for c in candidates if c["reward"] is not None]


def spent(record: Record) -> int:
    """Return the tokens of an arm's own requests: prompts and every text that came back."""
    read = sum(r["input_tokens"] for r in record["requests"])
    critiques = sum(r.get("critique_tokens", 0) for r in record["rounds"])
    return int(read + critiques + sum(c["tokens"] for c in own(record)))


def trail(first: Record, record: Record) -> list[Stand]:
    """Return where an arm stood after the first samples and after each text or round.

    Texts of one round of updates come together; the fresh samples of best-of-N one by one, each
    with its share of the prompts.
    """
    best = max((c["reward"] for c in usable(first["candidates"])), default=0.0)
    stands = [Stand(spent(first), best)]
    if record is first:
        return stands
    rounds = sorted({c["round"] for c in own(record)})
    groups = [[c for c in own(record) if c["round"] == now] for now in rounds]
    if rounds == [0]:
        groups = [[c] for c in groups[0]]
    for group in groups:
        now = group[0]["round"]
        read = sum(r["input_tokens"] for r in record["requests"] if round_paid(r) == now)
        if rounds == [0]:
            read = round(read / len(groups))
        written = sum(c["tokens"] for c in group)
        written += sum(
            r.get("critique_tokens", 0) for r in record["rounds"] if r["round"] == now - 1
        )
        best = max([best, *(c["reward"] for c in usable(group))])
        stands.append(Stand(stands[-1].tokens + read + written, best))
    return stands


def round_paid(request: Record) -> int:
    """Return the round whose candidates a request was for; a critique is for the next one's."""
    return int(request["round"]) + (request["phase"] in {"loss", "gradient"})


def best_within(stands: Sequence[Stand], tokens: float) -> float:
    """Return the best reward that was there for so many tokens; the first samples always are."""
    return [s.best for s in stands if s.tokens <= tokens or s is stands[0]][-1]


def difference(ours: Sequence[float], theirs: Sequence[float], seed: int = 0) -> Difference:
    """Return the mean of paired differences, with a bootstrap interval over the rows."""
    pairs = [a - b for a, b in zip(ours, theirs, strict=True)]
    chance = random.Random(seed)
    means = sorted(fmean(chance.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    cut = round(0.025 * RESAMPLES)
    return Difference(fmean(pairs), means[cut], means[-cut - 1])


def words(text: str) -> list[str]:
    """Return a text's words in small letters."""
    return re.findall(r"\w+", text.lower())


def similarity(a: str, b: str) -> float:
    """Return how much of two texts is the same words in the same order, 0 to 1."""
    return SequenceMatcher(None, words(a), words(b), autojunk=False).ratio()


def diversity(texts: Sequence[str]) -> tuple[float, float] | None:
    """Return the mean similarity of pairs of a round's texts, and the share of near copies."""
    pairs = [similarity(a, b) for a, b in combinations(texts, 2)]
    if not pairs:
        return None
    return fmean(pairs), fmean(pair >= NEAR_COPY for pair in pairs)


def copied(before: str, texts: Sequence[str]) -> tuple[float, float]:
    """Return the mean similarity of a round's texts to the answer before, and near copies of it."""
    close = [similarity(before, text) for text in texts]
    return fmean(close), fmean(one >= NEAR_COPY for one in close)


def mended(before: Record, after: Sequence[Record]) -> Mended | None:
    """Return what a round did to the checks of the answer before; `None` if it failed none."""
    failed = [n for n, ok in enumerate(before["passed"]) if not ok]
    held = [n for n, ok in enumerate(before["passed"]) if ok]
    if not failed or not after:
        return None
    leader = max(after, key=lambda c: sum(c["passed"]))
    return Mended(
        mends=fmean(c["passed"][n] for c in after for n in failed),
        breaks=fmean(not c["passed"][n] for c in after for n in held) if held else 0.0,
        best_mends=fmean(leader["passed"][n] for n in failed),
    )


def steps(record: Record) -> list[tuple[Record, list[Record]]]:
    """Return pairs: the answer that a round began with, and the round's own answers.

    For samples asked for beside the shared ones it is the best of these.
    """
    by_id = {c["id"]: c for c in record["candidates"]}
    drafts = usable([c for c in record["candidates"] if c.get("drafted")])
    pairs = []
    for now in sorted({c["round"] for c in own(record)}):
        after = usable([c for c in own(record) if c["round"] == now])
        begun = next((r["chosen"] for r in record["rounds"] if r["round"] == now - 1), None)
        before = by_id.get(begun) if begun else max(drafts, key=lambda c: c["reward"], default=None)
        if before and after:
            pairs.append((before, after))
    return pairs
