"""What a run's pool says about each kind of move: its texts, their rewards, what they gained."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from math import fsum, sqrt
from statistics import fmean

from ..faults import MOST_VERSIONS, with_other_faults
from ..moves import Move
from ..pool import reward_of, with_reward
from ..ratings import ratings_of
from ..state import Candidate

MOVES: tuple[Move, ...] = ("fresh", "rewrite", "advised")
NO_COPY = 0.15  # of a text: how sure it is at first that rewrites bring something new
MOST_COPY = 0.05  # where no more texts than this are new, none is expected to be
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


def rewrites_of(pool: Sequence[Candidate]) -> list[tuple[Candidate, list[Candidate]]]:
    """Return each rewrite that has a reward, with the answers that it may have rewritten.

    What is rewritten is the pool's best when it is chosen, so the best of its own round too; if
    the reward says what is wrong, also answers of the same reward with other faults.
    """
    rounds: dict[int, list[Candidate]] = {}
    for c in sorted(with_reward(pool), key=lambda c: (-reward_of(c), c.get("index", 0))):
        drafts = rounds.setdefault(c["round"], [c])
        if c is not drafts[0] and reward_of(c) == reward_of(drafts[0]):
            drafts.append(c)
    best = {
        n: [d[0], *(c for c in with_other_faults(d, d[0], MOST_VERSIONS) if c is not d[0])]
        for n, d in rounds.items()
    }
    made = with_reward(made_by(pool, "rewrite"))
    return [(c, best[n]) for c in made if (n := c["parent_round"]) is not None and n in best]


def gains_of_rewrites(
    pool: Sequence[Candidate], spread: float, copies: Collection[str] = ()
) -> list[float]:
    """Return by how much each rewrite beat the answer it rewrote, in spreads, the least first.

    Args:
        pool: The candidates so far.
        spread: See `spread_of`; not 0.
        copies: Ids of rewrites that are passed over.
    """
    rewrites = [(c, drafts) for c, drafts in rewrites_of(pool) if c["id"] not in copies]
    return sorted((reward_of(c) - reward_of(drafts[0])) / spread for c, drafts in rewrites)


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


def usable_share(made: Sequence[Candidate], copies: Mapping[str, float] | None = None) -> float:
    """Return the share of texts that can be used, as if one more had been, and that are new.

    Copies do not come by chance: where one rewrite is a copy, most are. So a few are enough.

    Args:
        made: What a move has made.
        copies: Which of them are copies, and how much each counts.
    """
    usable, known = with_reward(made), copies or {}
    copied = [known[c["id"]] for c in usable if c["id"] in known]
    new = len(usable) - len(copied) + NO_COPY
    share = new / (new + sum(copied))
    return (len(usable) + 1) / (len(made) + 1) * share * (share > MOST_COPY)
