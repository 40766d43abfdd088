"""How a plan is put into words: what each move makes, and on what grounds."""

from __future__ import annotations

from collections.abc import Sequence

from ..moves import Move
from ..number_format import count
from ..pool import best, of_round, reward_of, with_reward
from ..state import Candidate
from ..vetoes import ruled_out
from .copying import copies_of
from .moves_so_far import MOVES, made_by, spread_of
from .round_split import Split

NAMES: dict[Move, str] = {
    "fresh": "fresh answer",
    "rewrite": "rewrite",
    "advised": "advised answer",
}


def paid(pool: Sequence[Candidate], move: Move) -> float | None:
    """Return by how much a text of a move has raised the best reward so far, on average.

    Args:
        pool: The candidates so far.
        move: The move; the first samples count for none, nor do texts before any could be used.
    """
    texts, gained = 0, 0.0
    for nth in sorted({c["round"] for c in pool if c["round"]}):
        made = made_by(of_round(pool, nth), move)
        if before := best([c for c in pool if c["round"] < nth]):
            texts += len(made)
            top = best(made) or before
            gained += max(0.0, reward_of(top) - reward_of(before))
    return gained / texts if texts else None


def why(split: Split, pool: Sequence[Candidate], told: bool = False) -> str:
    """Return in one sentence how a round is divided, and on what grounds.

    Args:
        split: How many texts each move makes.
        pool: The candidates so far.
        told: Whether rewrites and advised answers go by what the reward says.
    """
    parts = [
        count(number, NAMES[move]) for move, number in zip(MOVES, split, strict=True) if number
    ]
    by = " by what the reward says" if told and len(parts) > bool(split.fresh) else ""
    return f"{', '.join(parts)}{by}: {grounds(pool, told)}"


def grounds(pool: Sequence[Candidate], told: bool) -> str:
    """Return what is known so far of what the moves gain."""
    if not with_reward(pool):
        return "no answer has passed yet" if ruled_out(pool) else "no answer can be used yet"
    if not (spread := spread_of(pool)):
        says = ", and it says what is wrong with them" if told else ""
        return f"all answers have the same reward so far{says}"
    gains = [(paid(pool, move), NAMES[move]) for move in ("rewrite", "advised", "fresh")]
    known = [
        f"{name}s have gained {gained:.2g} a text" for gained, name in gains if gained is not None
    ]
    if not known:
        return f"nothing is known yet of what {'these' if told else 'critiques'} gain"
    paid_so_far = " and ".join([", ".join(known[:-1]), known[-1]] if known[1:] else known)
    copies, rewrites = copies_of(pool, spread), count(len(made_by(pool, "rewrite")), "rewrite")
    copied = f"; {len(copies):,} of {rewrites} copied the answer" if copies else ""
    return f"{paid_so_far} so far{copied}"
