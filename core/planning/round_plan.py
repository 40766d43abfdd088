"""How `mode="adaptive"` divides the texts of a round: by what has paid so far in this run.

Fresh texts, rewrites and advised texts compete (move_beliefs.py says what is believed of them at
first). Rewrites and advised texts need a loss and a gradient, which are paid from the same budget:
a round without them has as many more fresh texts. So D rounds always come to N + D(N+2) texts, as
in TPO, and as many as in best-of-that-number.

Each round is divided so that it and the rounds after it gain the most over the best reward
(round_worth.py). Only rewards are looked at, in units of their own spread. While they are all the
same, a critique is tried at once if the reward says what is wrong, and late if it does not
(breaking_a_tie.py). Two rules make it careful, because it is to lose little to best-of-N where
critiques do not help:

- the first round with a critique is divided before anything is known of it: so that the greater of
  two losses is smallest, that of a critique that is useless and that of one that helps;
- after that, a critique must promise clearly more than fresh texts: 70 % more gain in
  this round, 30 % if it is the last.

`benchmarks/search_simulator.py` measures what that loses and wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ..context import Context
from ..moves import Move, Plan
from ..number_format import count
from ..pool import best, of_round, reward_of, with_reward
from ..state import Candidate
from .breaking_a_tie import chances_to_break_a_tie
from .move_beliefs import MOVES, beliefs_of, made_by, spread_of
from .round_split import Split, best_of, critiqued, first_try
from .round_worth import gains_later, gains_now

MARGIN, LAST_MARGIN = 0.7, 0.3  # how much more than fresh texts a critique must promise
NAMES: dict[Move, str] = {
    "fresh": "fresh answer",
    "rewrite": "rewrite",
    "advised": "advised answer",
}


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
        seed: Decides between plans that are worth the same; `None` is a seed like any other.

    Returns:
        The plan. Its numbers add up to `width`, or to `width + critique_texts` if all are fresh.

    Example:
        >>> plan = plan_round([], turn=1, round=0, rounds=2, width=5)
        >>> plan["fresh"], plan["rewrite"], plan["advised"]
        (7, 0, 0)
    """
    splits = [Split(width + critique_texts, 0, 0), *critiqued(width)]
    good = good_splits(pool, splits, round, rounds)
    split = Random(f"{seed} {turn} {round}").choice(good)  # noqa: S311  no secret
    reason = why(split, pool)
    return Plan(fresh=split.fresh, rewrite=split.rewrite, advised=split.advised, why=reason)


def next_plan(pool: Sequence[Candidate], turn: int, round: int, context: Context) -> Plan:
    """Return how a run with these settings divides the round after `round`."""
    size = {"rounds": context.rounds, "width": context.width}
    return plan_round(pool, turn=turn, round=round, seed=context.seed, **size)


def good_splits(
    pool: Sequence[Candidate], splits: Sequence[Split], round: int, rounds: int
) -> list[Split]:
    """Return the best ways to divide a round; more than one if they are worth the same."""
    left, spread = max(0, rounds - round - 1), spread_of(pool)
    tried = made_by(pool, "rewrite") or made_by(pool, "advised")
    if not with_reward(pool):
        return [splits[0]]
    if not tried and (left or not round) and (spread or says_why(pool)):
        return [first_try(splits, rounds)]
    if not spread:
        return best_of(splits, chances_to_break_a_tie(pool, splits, left))
    beliefs = beliefs_of(pool, round, spread)
    nows = gains_now(beliefs, splits)
    laters = gains_later(beliefs, splits, nows, left)
    values = [now + later for now, later in zip(nows, laters, strict=True)]
    values[0] += (MARGIN if left else LAST_MARGIN) * nows[0]
    return best_of(splits, values)


def says_why(pool: Sequence[Candidate]) -> bool:
    """Return whether the reward says what is wrong with the answers; a critique can then tell."""
    return any(c.get("feedback") or c.get("checks") for c in pool)


def paid(pool: Sequence[Candidate], move: Move) -> float | None:
    """Return by how much a text of a move has raised the best reward so far, on average.

    Args:
        pool: The candidates so far.
        move: The move; the first samples count for none.
    """
    texts, gained = 0, 0.0
    for nth in sorted({c["round"] for c in pool if c["round"]}):
        made = made_by(of_round(pool, nth), move)
        before = best([c for c in pool if c["round"] < nth])
        top = best(made)
        texts += len(made)
        if before and top:
            gained += max(0.0, reward_of(top) - reward_of(before))
    return gained / texts if texts else None


def why(split: Split, pool: Sequence[Candidate]) -> str:
    """Return in one sentence how a round is divided, and on what grounds."""
    parts = [
        count(number, NAMES[move]) for move, number in zip(MOVES, split, strict=True) if number
    ]
    gains = [(paid(pool, move), NAMES[move]) for move in ("rewrite", "advised", "fresh")]
    known = [
        f"{name}s have gained {gained:.2g} a text" for gained, name in gains if gained is not None
    ]
    if not with_reward(pool):
        because = "no answer can be used yet"
    elif not spread_of(pool):
        because = "all answers have the same reward so far"
        because += ", and it says what is wrong with them" * says_why(pool)
    elif not known:
        because = "nothing is known yet of what critiques gain"
    else:
        because = (
            " and ".join([", ".join(known[:-1]), known[-1]] if known[1:] else known) + " so far"
        )
    return f"{', '.join(parts)}: {because}"
