"""What a run's pool says about each kind of move: its texts, their rewards, what they gained."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, inf, sqrt
from statistics import fmean

from ..moves import Move
from ..pool import reward_of, with_reward
from ..state import Candidate

MOVES: tuple[Move, ...] = ("fresh", "rewrite", "advised")


def move_of(candidate: Candidate) -> Move:
    """Return how a candidate was made; updates of older runs are rewrites."""
    made: Move = "fresh" if candidate.get("parent_round") is None else "rewrite"
    return candidate.get("move", made)


def made_by(pool: Sequence[Candidate], move: Move) -> list[Candidate]:
    """Return the candidates that a move has made; drafts were made by nobody here."""
    return [c for c in pool if not c.get("drafted") and move_of(c) == move]


def spread_of(pool: Sequence[Candidate]) -> float:
    """Return the standard deviation of the fresh rewards, of all if those tie, or 0."""
    for some in (made_by(pool, "fresh"), pool):
        rewards = sorted(reward_of(c) for c in with_reward(some))
        if len(rewards) > 1 and rewards[0] < rewards[-1]:
            mean = fmean(rewards)  # `statistics.stdev` is exact, and ten times as slow
            return sqrt(fsum((reward - mean) ** 2 for reward in rewards) / (len(rewards) - 1))
    return 0.0


def gains_of_rewrites(pool: Sequence[Candidate]) -> list[tuple[float, int]]:
    """Return by how much each rewrite beat the answer it rewrote, and its round.

    That answer was the pool's best when it was chosen, so the best of its own round too.
    """
    parents: dict[int, float] = {}
    for c in with_reward(pool):
        parents[c["round"]] = max(reward_of(c), parents.get(c["round"], -inf))
    rewrites = [c for c in with_reward(made_by(pool, "rewrite")) if c["parent_round"] in parents]
    return [(reward_of(c) - parents[c["parent_round"] or 0], c["round"]) for c in rewrites]


def rewards_of(pool: Sequence[Candidate], move: Move, spread: float) -> list[tuple[float, float]]:
    """Return a move's rewards, counted from the best of the pool, in spreads; each counts 1."""
    top = max(reward_of(c) for c in with_reward(pool))
    return sorted(((reward_of(c) - top) / spread, 1.0) for c in with_reward(made_by(pool, move)))


def usable_share(made: Sequence[Candidate]) -> float:
    """Return the share of texts that can be used, as if one more had been."""
    return (len(with_reward(made)) + 1) / (len(made) + 1)
