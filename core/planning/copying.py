"""Rewrites that copy what was there: they cannot gain, and the next ones must differ more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ..context import Context
from ..diversity import near_copies, nearly_same, word_pairs
from ..pool import best, of_round, reward_of, with_reward
from ..ratings import ratings_of
from ..state import Candidate, State
from .moves_so_far import SAME, made_by, rewrites_of

OLDER = 0.25  # how much a copy counts once another answer leads


def copies_of(pool: Sequence[Candidate], spread: float) -> dict[str, float]:
    """Return the rewrites that nearly copy the answer they rewrote and have its reward.

    A rewrite with the reward of its answer may have changed it or not: its text tells. Nothing is
    a copy if another rewrite with nearly the text of its answer has gained: then few words may do.

    Args:
        pool: The candidates so far.
        spread: See `spread_of`.

    Returns:
        How much each counts, by its id: 1 if the answer that it copied still leads.
    """
    copies, least, pairs = dict[str, float](), SAME * spread, cache(word_pairs)
    leader = best(pool)
    for rewrite, drafts in rewrites_of(pool):
        known = [rating for draft in drafts for rating in (reward_of(draft), *ratings_of(draft))]
        gained = reward_of(rewrite) > max(known) + least
        same = any(abs(reward_of(rewrite) - rating) <= least for rating in known)
        if (gained or same) and any(nearly_same(rewrite["text"], d["text"], pairs) for d in drafts):
            if gained:
                return {}
            copies[rewrite["id"]] = 1.0 if leader in drafts else OLDER
    return copies


def mostly_copies(state: State, context: Context) -> bool:
    """Return whether a run that plans has rewrites, the latest, that mostly copy what was there."""
    pool = with_reward(state["candidates"])
    rounds = [c["round"] for c in made_by(pool, "rewrite")]
    if context.mode != "adaptive" or not rounds:
        return False
    rewrites = made_by(of_round(pool, max(rounds)), "rewrite")
    drafts = next((them for one, them in rewrites_of(pool) if one is rewrites[0]), [])  # or unfit
    texts, before = ([word_pairs(c["text"]) for c in some] for some in (rewrites, drafts))
    return 2 * len(near_copies(texts, before)) >= len(rewrites)
