"""What a run's pool says about each kind of move: its texts, their rewards, what they gained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from math import fsum, inf, sqrt
from statistics import fmean

from ..diversity import near_copies, word_pairs
from ..moves import Move
from ..pool import reward_of, with_reward
from ..ratings import ratings_of
from ..state import Candidate

MOVES: tuple[Move, ...] = ("fresh", "rewrite", "advised")
NO_COPY = 0.3  # of a text: how sure it is at first that rewrites bring something new
SAME = 1e-6  # rewards that are less apart, in spreads, are the same
SAME_FLOATS = 1e-12  # and so are all fresh ones, in parts of the highest: added up in another order


def move_of(candidate: Candidate) -> Move:
    """Return how a candidate was made; updates of older runs are rewrites."""
    made: Move = "fresh" if candidate.get("parent_round") is None else "rewrite"
    return candidate.get("move", made)


def made_by(pool: Sequence[Candidate], move: Move) -> list[Candidate]:
    """Return the candidates that a move has made; drafts were made by nobody here."""
    return [c for c in pool if not c.get("drafted") and move_of(c) == move]


def spread_of(pool: Sequence[Candidate]) -> float:
    """Return the standard deviation of the fresh rewards, of all if those tie, or 0."""
    least = SAME_FLOATS * max((abs(reward_of(c)) for c in with_reward(pool)), default=0.0)
    for some in (made_by(pool, "fresh"), pool):
        rewards = sorted(reward_of(c) for c in with_reward(some))
        if len(rewards) > 1 and rewards[-1] - rewards[0] > least:
            mean = fmean(rewards)  # `statistics.stdev` is exact, and ten times as slow
            return sqrt(fsum((reward - mean) ** 2 for reward in rewards) / (len(rewards) - 1))
    return 0.0


def step_of(pool: Sequence[Candidate], spread: float) -> float:
    """Return how far apart two ratings are at least, in spreads; 0 if no two are the same.

    Rewards come in steps if different texts have the same: of six checks, a sixth of all. The mean
    of several ratings lies between the steps, so each of them is looked at.

    Example:
        >>> step_of([], 1.0)
        0.0
    """
    by_text = {c["text"] or c["id"]: set(ratings_of(c)) for c in with_reward(pool)}
    ratings = sorted(rating for some in by_text.values() for rating in some)
    steps = [(high - low) / spread for low, high in pairwise(ratings)]
    if all(step > SAME for step in steps):
        return 0.0
    return min((step for step in steps if step > SAME), default=0.0)


def copied_by_rewrites(pool: Sequence[Candidate]) -> set[str]:
    """Return the ids of rewrites that nearly copy an earlier answer and have its reward.

    A rewrite with the reward of its answer may have changed it or not. Its text tells.
    """
    alike = defaultdict[float, list[Candidate]](list)
    for c in sorted(with_reward(pool), key=lambda c: (c["round"], c["index"])):
        alike[reward_of(c)].append(c)
    rewrites = {c["id"] for c in made_by(pool, "rewrite")}
    copies = set[str]()
    for some in alike.values():
        if some[1:] and rewrites & {c["id"] for c in some}:
            places = near_copies([word_pairs(c["text"] or c["id"]) for c in some])
            copies |= {some[place]["id"] for place in places}
    return copies & rewrites


def gains_of_rewrites(
    pool: Sequence[Candidate], spread: float, copies: Collection[str] = ()
) -> list[float]:
    """Return by how much each rewrite beat the answer it rewrote, in spreads, the least first.

    That answer was the pool's best when it was chosen, so the best of its own round too.

    Args:
        pool: The candidates so far.
        spread: See `spread_of`; not 0.
        copies: Ids of rewrites that are passed over.
    """
    parents: dict[int, float] = {}
    for c in with_reward(pool):
        parents[c["round"]] = max(reward_of(c), parents.get(c["round"], -inf))
    made = [c for c in with_reward(made_by(pool, "rewrite")) if c["id"] not in copies]
    rewrites = [c for c in made if c["parent_round"] in parents]
    return sorted((reward_of(c) - parents[c["parent_round"] or 0]) / spread for c in rewrites)


def rewards_of(
    pool: Sequence[Candidate], move: Move, spread: float, least: float = 0.0
) -> list[float]:
    """Return a move's rewards in spreads, from the least that beats the best one; lowest first.

    Args:
        pool: The candidates so far.
        move: Which move.
        spread: See `spread_of`; not 0.
        least: By how many spreads a reward must beat the best one to count as better.
    """
    top = max(reward_of(c) for c in with_reward(pool))
    made = with_reward(made_by(pool, move))
    return sorted((reward_of(c) - top) / spread - least for c in made)


def usable_share(made: Sequence[Candidate], copies: Collection[str] = ()) -> float:
    """Return the share of texts that can be used, as if one more had been, and that are new.

    Copies do not come by chance: where one rewrite is a copy, most are. So a few are enough.
    """
    usable = with_reward(made)
    new = sum(c["id"] not in copies for c in usable)
    return (len(usable) + 1) / (len(made) + 1) * (new + NO_COPY) / (len(usable) + NO_COPY)
