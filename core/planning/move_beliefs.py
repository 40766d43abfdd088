"""What a run's rewards say about each kind of move, and what is believed before they say anything.

A *fresh* text answers the request alone. A *rewrite* is the paper's update of the chosen answer.
An *advised* text answers the request afresh under the gradient.

The prior, in spreads of the fresh rewards, and worth about one text:

- Rewrites come in two kinds, and nobody knows which the critic writes. Either (70 %) they stay with
  the answer they rewrite, on average neither better nor worse, give or take 0.6; they may be copies
  (scatter 0.02) or far apart (0.8). What they gain, the next rewrites can gain again.
  Or (30 %) they are new draws from a level of their own near that of fresh texts. So critiques
  are worth a try, and a few rewrites that gain nothing are enough to turn away from them.
- Rewards may come in steps, as shares of six checks do. A rewrite with the reward of its answer may
  have changed all the same, so it takes more of them to turn away. Moves are compared by what they
  gain beyond a quarter of a step.
- A rewrite that nearly copies its answer and has its reward is a text that cannot be used: of 302
  near copies by a small model none was better. Where one is a copy, most are.
- Advised texts are as good as fresh ones, give or take 0.6, and lose if rewrites under the same
  critique lose.
- While all rewards are the same there is no spread. A text then succeeds if it beats the tie: a
  fresh one with a chance that may be anything (Beta(1/2, 1/2)); a rewrite or an advised text in
  one of sixteen, but very differently from query to query (Beta(0.12, 1.8)); in one of ten
  if the reward says what is wrong (Beta(0.11, 0.95); of 100 such texts of a small model, one of
  eight).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from ..moves import Move
from ..ratings import noise_of
from ..state import Candidate
from .copying import copies_of
from .expected_gain import Belief, Guess, learn, mixture
from .moves_so_far import MOVES, gains_of_rewrites, made_by, rewards_of, step_of, usable_share

FRESH = [Guess(0.5, 0.0, 1.0, 0.85), Guess(0.5, 0.0, 1.0, 1.2)]
STAYS = [
    Guess(chance, 0.0, 0.6, sd)
    for chance, sd in ((0.03, 0.02), (0.1, 0.1), (0.22, 0.25), (0.22, 0.5), (0.13, 0.8))
]
LEAVES = [Guess(0.15, 0.0, 0.7, 1.0), Guess(0.15, 0.3, 0.7, 0.6)]
ADVISED = [Guess(0.4, 0.0, 0.6, 0.6), Guess(0.6, 0.0, 0.6, 1.0)]
SHARED = 0.5  # of what rewrites lose, advised texts are expected to lose
HITS: dict[Move, tuple[float, float]] = {
    "fresh": (0.5, 0.5), "rewrite": (0.12, 1.8), "advised": (0.12, 1.8),
}  # fmt: skip
HITS_IF_TOLD: dict[Move, tuple[float, float]] = {
    "fresh": (0.5, 0.5), "rewrite": (0.11, 0.95), "advised": (0.11, 0.95),
}  # fmt: skip
COUNTS = 0.25  # of a step: gains are counted from there, as a small one is mostly rounded to none
LEAST = 0.02  # how far texts of one move scatter at least
LUCK = 0.3  # how much less a lucky rewrite counts where rewrites lose: some of it is noise


class Beliefs(NamedTuple):
    """What is believed of the three moves; rewards are counted from the least that is a gain."""

    fresh: Belief
    stays: Belief
    """Rewrites that stay with the chosen answer."""
    leaves: Belief
    """Rewrites that are new draws."""
    advised: Belief
    usable: dict[Move, float]
    """The share of texts that can be used at all."""


def beliefs_of(pool: Sequence[Candidate], spread: float, counts: float = COUNTS) -> Beliefs:
    """Return what is believed of each move after the rewards of a pool.

    Args:
        pool: The candidates so far, at least one of them with a reward.
        spread: See `spread_of`; not 0.
        counts: From what part of a step on a gain counts.
    """
    copies, step = copies_of(pool, spread), step_of(pool, spread)
    gains, least = gains_of_rewrites(pool, spread, copies), counts * step
    new = [c for c in pool if c["id"] not in copies]
    fresh, rewrites, advised = (rewards_of(new, move, spread, least) for move in MOVES)
    level = fmean(fresh or [-1.0])
    both = mixture(learn(STAYS, gains, step) + learn(shifted(LEAVES, level), rewrites, step))
    stays, leaves = both[: len(STAYS)], both[len(STAYS) :]
    loss = min(0.0, sum(guess.chance * guess.mean for guess in stays))
    sure = [g._replace(sd=g.sd * max(0.3, 1 + LUCK * min(0.0, g.mean / g.sd))) for g in stays]
    noise = noise_of(pool) / spread
    return Beliefs(
        fresh=mixture(learn(shifted(FRESH, level), fresh)),
        stays=shifted(quieter(sure, noise), -least),
        leaves=quieter(leaves, noise),
        advised=mixture(learn(shifted(ADVISED, level + SHARED * loss), advised)),
        usable={move: usable_share(made_by(pool, move), copies) for move in MOVES},
    )


def quieter(rewrites: Belief, noise: float) -> Belief:
    """Return what is believed of rewrites without half of the variance that ratings have by chance.

    Their parent was rated again and they were not: what they scatter is in part luck, and would be
    taken for gains. Without all of it, rewrites that gain a little each time are given up too soon.
    """
    luck = noise**2 / 2
    return [g._replace(sd=max(min(g.sd, LEAST), g.sd - luck / g.sd)) for g in rewrites]


def shifted(belief: Belief, by: float) -> Belief:
    """Return a belief counted from another point."""
    return [guess._replace(mean=guess.mean + by) for guess in belief]
