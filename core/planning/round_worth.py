"""What a round is worth that is divided in a certain way: it and the rounds after it.

The round itself: the expected gain over the best reward so far. The rounds after it: what the best
simple way of going on can be expected to gain (only fresh texts or only advised ones for none, one
or all of the rounds left, then rewrites), with what the round will have taught by then: a knowledge
gradient of one step. So a try is worth much in a long run and nothing in the last round.
"""

from __future__ import annotations

from collections.abc import Sequence

from .expected_gain import (
    UNLIKELY,
    Belief,
    Guess,
    after,
    beyond,
    improvement,
    merged,
    stays_below,
)
from .move_beliefs import Beliefs
from .moves_so_far import MOVES
from .round_split import Split

FADES = 0.9  # what rewrites gain, from one round to the next
# A way to go on: how many usable fresh texts, or else advised ones, and how many times the gain
# of a round of rewrites after that.
Way = tuple[float, float, float]


def gains(beliefs: Beliefs, splits: Sequence[Split], left: int) -> tuple[list[float], list[float]]:
    """Return the expected gains of the round, and of those after it, for each way to divide it."""
    nows = gains_now(beliefs, splits)
    return nows, gains_later(beliefs, splits, nows, left)


def gains_now(beliefs: Beliefs, splits: Sequence[Split]) -> list[float]:
    """Return the expected gain of the round itself for each way to divide it, in spreads."""
    by_move = (beliefs.fresh, beliefs.stays + beliefs.leaves, beliefs.advised)
    below = [
        stays_below(belief, sorted(set(numbers)), beliefs.usable[move])
        for move, belief, numbers in zip(MOVES, by_move, zip(*splits, strict=True), strict=True)
    ]
    rows = [[m[k] for m, k in zip(below, split, strict=True)] for split in splits]
    return [improvement([a * b * c for a, b, c in zip(*row, strict=True)]) for row in rows]


def gains_later(
    beliefs: Beliefs, splits: Sequence[Split], nows: Sequence[float], left: int
) -> list[float]:
    """Return the expected gain of the rounds after this one for each way to divide it.

    Args:
        beliefs: What is believed of the moves.
        splits: The ways to divide the round; the first is all fresh, the last without any.
        nows: What the round itself gains.
        left: How many rounds there are after this one.
    """
    size, width, usable = sum(splits[0]), sum(splits[-1]), beliefs.usable
    fresh, advised = merged(beliefs.fresh), merged(beliefs.advised)
    waits = sorted({0, 1, left}) if left else []
    ways = [
        (wait * size * usable["fresh"], wait * width * usable["advised"], sum_of_fades(left - wait))
        for wait in waits
    ]
    climbs = {k: climbing(beliefs, k, width) for k in {s.rewrite for s in splits}}
    advice = {k: learnt(advised, k * usable["advised"]) for k in {s.advised for s in splits}}

    return [
        gain_ahead(fresh, advice[split.advised], climbs[split.rewrite], ways, now)
        for split, now in zip(splits, nows, strict=True)
    ]


def gain_ahead(
    fresh: Guess,
    advice: Belief,
    climbs: Sequence[tuple[float, float]],
    ways: Sequence[Way],
    now: float,
) -> float:
    """Return the expected gain of the best way to go on, once the round has gained `now`."""
    plain = [beyond(fresh, texts, now) for texts, _, _ in ways]
    total = 0.0
    for guess in advice if ways else ():
        paths = [
            (max(level, beyond(guess, texts, now)), fades)
            for level, (_, texts, fades) in zip(plain, ways, strict=True)
        ]
        for chance, gain in climbs:
            total += guess.chance * chance * max([level + gain * fades for level, fades in paths])
    return total


def sum_of_fades(rounds: int) -> float:
    """Return how many times the gain of one round of rewrites some rounds in a row bring."""
    return sum(FADES**nth for nth in range(rounds))


def learnt(guess: Guess, texts: float) -> Belief:
    """Return what may be believed after some more texts: of two, as if a third were missing."""
    known = texts / (1 + texts)
    sure = [g._replace(chance=known * g.chance) for g in after(guess, texts)] if texts else []
    return [*sure, guess._replace(chance=guess.chance * (1 - known))]


def climbing(beliefs: Beliefs, texts: int, width: int) -> list[tuple[float, float]]:
    """Return how much a later round of rewrites may gain, and with what chance.

    Args:
        beliefs: What is believed of the moves.
        texts: How many rewrites there are before that round.
        width: How many rewrites that round has.
    """
    usable = beliefs.usable["rewrite"]
    tried = texts * usable
    known = tried / (1 + tried)
    likely = [g for g in beliefs.stays if g.chance > UNLIKELY]
    blind = sum(g.chance * beyond(g, width * usable) for g in likely)
    futures = [f for g in likely for f in after(g, tried)] if tried else []
    sure = [(known * f.chance, beyond(f, width * usable)) for f in futures]
    some = [(chance, gain) for chance, gain in sure if gain > UNLIKELY]
    return [*some, (known - sum(chance for chance, _ in some), 0.0), (1 - known, blind)]
