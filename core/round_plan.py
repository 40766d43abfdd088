"""How `mode="adaptive"` divides the texts of a round: by what has paid so far in this run.

Three kinds of moves compete. A *fresh* text answers the request alone. A *rewrite* is the
paper's update of the chosen answer. An *advised* text answers the request afresh under the
gradient. Rewrites and advised texts need a loss and a gradient, which are paid from the same
budget; a round without them has as many more fresh texts. So a run of D rounds always comes
to N + D(N+2) texts, as TPO does.

A round is planned for the most that it and the rounds after it can be expected to gain over the
best reward so far (expected improvement; the look-ahead is a knowledge gradient of one step). Only
rewards are looked at, in units of the spread of the fresh ones.

What is believed before the first rewrite and the first advised text (the prior):

- A rewrite is as good as the answer it rewrites, give or take half a spread, and this counts
  as much as one text that was seen. So critiques are worth a try, and three rewrites that gain
  nothing are enough to turn away from them. What rewrites gain shrinks by a tenth in each round.
- An advised text is as good as a fresh one, give or take one spread; again, as if one was seen.
- While all rewards are the same there is no spread. Then a text succeeds if it beats the tie:
  a fresh one as in half of all queries at random (Beta(1/2, 1/2)), a rewrite or an advised
  text in one of ten, but very differently from query to query (Beta(1/5, 9/5)).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from random import Random
from statistics import stdev
from typing import Literal

from typing_extensions import TypedDict

from .expected_gain import (
    Belief,
    after,
    all_miss,
    area_above,
    at,
    gain,
    learn,
    stays_below,
)  # fmt: skip
from .pool import reward_of, with_reward
from .state import Candidate

Move = Literal["fresh", "rewrite", "advised"]
Split = tuple[int, int, int]  # fresh, rewrite, advised

REWRITE = Belief(mean=0.0, sd=0.5, weight=1.0)
ADVISED = Belief(mean=0.0, sd=1.0, weight=1.0)
TIED: dict[Move, tuple[float, float]] = {
    "fresh": (0.5, 0.5), "rewrite": (0.2, 1.8), "advised": (0.2, 1.8),
}  # fmt: skip
FADES = 0.9  # what rewrites gain, from one round to the next
FORGETS = 0.7  # how much a rewrite of the round before counts
LEVELS = 6  # into how many steps a wide round is divided


class Plan(TypedDict):
    """How the texts of the next round are divided."""

    fresh: int
    """Texts that answer the request alone."""
    rewrite: int
    """Rewrites of the chosen answer under loss and gradient."""
    advised: int
    """Texts that answer the request afresh under the gradient."""
    why: str
    """One sentence for people."""


def move_of(candidate: Candidate) -> Move:
    """Return how a candidate was made."""
    return candidate.get("move", "fresh")  # type: ignore[return-value]


def plan_round(
    pool: Sequence[Candidate],
    *,
    turn: int,
    round: int,
    rounds: int,
    width: int,
    critique_texts: int = 2,
    seed: int | None = None,
) -> Plan:
    """Divide the next round's texts among fresh ones, rewrites and advised ones.

    Args:
        pool: The turn's candidates so far, in any order.
        turn: Which turn of the thread this is; part of the seed.
        round: The round that was just ranked, 0 after the first samples.
        rounds: How many rounds there are after the first samples.
        width: Texts of a round with a critique, from 1.
        critique_texts: What a critique costs, in texts: a round without one has as many more.
        seed: For ties between plans; `None` is a seed like any other.

    Returns:
        The plan: its numbers add up to `width`, or to `width + critique_texts` if all are fresh.

    Example:
        >>> plan = plan_round([], turn=1, round=0, rounds=2, width=5)
        >>> plan["fresh"], plan["rewrite"], plan["advised"]
        (7, 0, 0)
    """
    everything = Split_all_fresh(width, critique_texts)
    usable = with_reward(pool)
    if not usable:
        return _plan(everything, "nothing can be rewritten yet")
    left = max(0, rounds - round - 1)
    splits = [everything, *critiqued(width)]
    spread = spread_of(usable)
    if spread:
        values = worth(pool, usable, spread, splits, left, round)
    else:
        values = chances_of_a_hit(pool, splits, left)
    best = max(values)
    good = [s for s, v in zip(splits, values, strict=True) if v >= best - 1e-6 * abs(best)]
    split = good[0] if len(good) == 1 else Random(f"{seed} {turn} {round}").choice(good)
    return _plan(split, paid_so_far(pool))


def Split_all_fresh(width: int, critique_texts: int) -> Split:
    return (width + critique_texts, 0, 0)


def critiqued(width: int) -> list[Split]:
    levels = (
        sorted({nth * width // LEVELS for nth in range(LEVELS + 1)})
        if width > LEVELS
        else range(width + 1)
    )
    return [
        (fresh, rewrite, width - fresh - rewrite)
        for fresh in levels
        for rewrite in levels
        if fresh < width and fresh + rewrite <= width
    ]


def spread_of(usable: Sequence[Candidate]) -> float:
    fresh = sorted(reward_of(c) for c in usable if move_of(c) == "fresh" and not c.get("drafted"))
    every = sorted(reward_of(c) for c in usable)
    for rewards in (fresh, every):
        if len(rewards) > 1 and rewards[0] < rewards[-1]:
            return stdev(rewards)
    return 0.0


def worth(pool, usable, spread, splits, left, round):
    top = max(reward_of(c) for c in usable)
    fresh, rewrite, advised = beliefs(pool, usable, spread, top, round)
    width = splits[-1][0] + splits[-1][1] + splits[-1][2]
    size = splits[0][0]
    ks = sorted({k for s in splits for k in s})
    below = {
        (n, k): stays_below(b, k)
        for n, b in enumerate((fresh, rewrite, advised))
        for k in {s[n] for s in splits}
    }
    js = sorted({0, 1, ceil(left / 2), left} & set(range(left + 1)))
    wide = {j: area_above(stays_below(fresh, j * size)) for j in js}
    fades = [sum(FADES**i for i in range(n)) for n in range(left + 1)]
    deep = {}
    for k in {s[1] for s in splits}:
        deep[k] = [(gain(stays_below(b, width)), p) for b, p in after(rewrite, k)] if left else []
    far = {}
    for k in {s[2] for s in splits}:
        far[k] = (
            [
                ({j: area_above(stays_below(b, j * width)) for j in js}, p)
                for b, p in after(advised, k)
            ]
            if left
            else []
        )
    values = []
    for s in splits:
        f, r, a = below[0, s[0]], below[1, s[1]], below[2, s[2]]
        now = gain([x * y * z for x, y, z in zip(f, r, a)])
        value = now
        if left:
            flat = {j: at(wide[j], now) for j in js}
            for areas, p in far[s[2]]:
                level = [(j, max(flat[j], at(areas[j], now))) for j in js]
                for g, q in deep[s[1]]:
                    value += p * q * max(v + g * fades[left - j] for j, v in level)
        values.append(value)
    return values


def beliefs(pool, usable, spread, top, round):
    seen = {"fresh": [], "rewrite": [], "advised": []}
    failed = {"fresh": 0, "rewrite": 0, "advised": 0}
    for c in sorted(pool, key=lambda c: (c["reward"] is None, c["reward"] or 0.0)):
        if c.get("drafted"):
            continue
        move = move_of(c)
        if c["error"] is not None or c["reward"] is None:
            failed[move] += 1
            continue
        value = (reward_of(c) - top) / spread
        counts = 1.0
        if move == "rewrite":
            parents = [reward_of(p) for p in usable if p["round"] <= (c["parent_round"] or 0)]
            if not parents:
                continue
            value = (reward_of(c) - max(parents)) / spread
            counts = FORGETS ** (round - c["round"])
        seen[move].append((value, counts))
    made = []
    fresh = learn(seen["fresh"], 0.0, 0.0, 1.0) if seen["fresh"] else Belief(-1.0, 1.0, 1.0)
    for move, prior in (
        ("fresh", None),
        ("rewrite", REWRITE),
        ("advised", ADVISED._replace(mean=fresh.mean)),
    ):
        belief = fresh if prior is None else learn(seen[move], *prior[:1], prior.weight, prior.sd)
        n = len(seen[move])
        made.append(belief._replace(usable=(n + 1) / (n + failed[move] + 1)))
    return made


def chances_of_a_hit(pool, splits, left):
    n = {m: sum(move_of(c) == m and not c.get("drafted") for c in pool) for m in TIED}
    width = splits[-1][0] + splits[-1][1] + splits[-1][2]
    size = splits[0][0]

    def miss(f, r, a):
        out = 1.0
        for move, k in zip(("fresh", "rewrite", "advised"), (f, r, a)):
            hits, misses = TIED[move]
            out *= all_miss(hits, misses + n[move], k)
        return out

    values = []
    for s in splits:
        best = 0.0
        for s2 in splits:
            for c in range(left + 1):
                total = [s[i] + c * s2[i] + (left - c) * splits[0][i] for i in range(3)]
                best = max(best, 1 - miss(*total))
        values.append(best + 1e-3 * (1 - miss(*s)))
    return values


def paid_so_far(pool):
    return ""


def _plan(split: Split, why: str) -> Plan:
    return Plan(fresh=split[0], rewrite=split[1], advised=split[2], why=why)
