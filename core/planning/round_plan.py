"""How `mode="adaptive"` divides the texts of a round: by what has paid so far in this run.

Fresh texts, rewrites and advised texts compete (move_beliefs.py says what is believed of them at
first). If the reward says what is wrong with the best answer, rewrites and advised texts go by that
alone. Else they need a loss and a gradient, which are paid from the same budget: a round without
them has as many more texts. So D rounds always come to N + D(N+2) texts, as in TPO, and as many as
in best-of-that-number.

Each round is divided so that it and the rounds after it gain the most over the best reward
(round_worth.py). What counts are rewards, in units of their own spread; texts tell only whether a
rewrite with the reward of its answer copies it (copying.py). While all rewards are the same, a
critique is tried late (breaking_a_tie.py). Two rules make it careful, because it is to lose little
to best-of-N where critiques do not help:

- the first round with a critique is divided before anything is known of it: so that the greater of
  two losses is smallest, that of a critique that is useless and that of one that helps;
- after that, a critique must promise clearly more than fresh texts: 60 % more gain in
  this round, 50 % if it is the last; 20 % if it is the last and no critique has to be paid for,
  since the reward says what is wrong.

`benchmarks/search_simulator.py` measures what that loses and wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ..context import Context
from ..faults import faults
from ..moves import Plan
from ..pool import best, with_reward
from ..state import Candidate
from ..vetoes import ruled_out
from .breaking_a_tie import chances_to_break_a_tie
from .fusion import with_fusion
from .move_beliefs import beliefs_of
from .moves_so_far import made_by, spread_of
from .plan_words import why
from .round_split import Split, best_of, first_told, first_try, ways_to_divide
from .round_worth import gains

MARGIN, LAST_MARGIN = 0.6, 0.5  # how much more than fresh texts a critique must promise
LAST_IF_TOLD = 0.2  # and the moves of a last round that goes by what the reward says


def plan_round(
    pool: Sequence[Candidate],
    *,
    turn: int,
    round: int,
    rounds: int,
    width: int,
    critique_texts: int = 2,
    seed: int | None = None,
    shown: bool = True,
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
        shown: Whether models are shown what the reward says beside its number.

    Returns:
        The plan. Its numbers add up to `width` with a critique, else to `width + critique_texts`.

    Example:
        >>> plan = plan_round([], turn=1, round=0, rounds=2, width=5)
        >>> plan["fresh"], plan["rewrite"], plan["advised"]
        (7, 0, 0)
    """
    told = shown and is_told(pool)
    splits = ways_to_divide(width, critique_texts, told)
    good = good_splits(pool, splits, round, rounds, told)
    split = Random(f"{seed} {turn} {round}").choice(good)  # noqa: S311  no secret
    fresh, rewrite, advised = split
    critique, reason = not told and split != splits[0], why(split, pool, told)
    return Plan(fresh=fresh, rewrite=rewrite, advised=advised, critique=critique, why=reason)


def next_plan(pool: Sequence[Candidate], turn: int, round: int, context: Context) -> Plan:
    """Return how a run with these settings divides the round after `round`."""
    plan = plan_round(
        pool,
        turn=turn,
        round=round,
        rounds=context.rounds,
        width=context.width,
        critique_texts=context.critique_texts,
        seed=context.seed,
        shown=context.shows_feedback,
    )
    return with_fusion(plan, pool) if context.fusion else plan


def is_told(pool: Sequence[Candidate]) -> bool:
    """Return whether the reward says what is wrong with the best answer: no critic need guess.

    While none can be used, it is what the vetoed ones were vetoed for.
    """
    leader = best(pool)
    return any(faults(one) for one in ([leader] if leader else ruled_out(pool)))


def good_splits(
    pool: Sequence[Candidate], splits: Sequence[Split], round: int, rounds: int, told: bool
) -> list[Split]:
    """Return the best ways to divide a round; more than one if they are worth the same."""
    left, spread = max(0, rounds - round - 1), spread_of(pool)
    tried = made_by(pool, "rewrite") or made_by(pool, "advised")
    if not with_reward(pool):
        return [first_told(splits) if told else splits[0]]
    if not tried and (left or not round) and (spread or told):
        return [first_told(splits) if told else first_try(splits, rounds)]
    if not spread:
        return best_of(splits, chances_to_break_a_tie(pool, splits, left, told))
    nows, laters = gains(beliefs_of(pool, spread), splits, left)
    values = [now + later for now, later in zip(nows, laters, strict=True)]
    last = LAST_IF_TOLD if told else LAST_MARGIN
    values[0] += (MARGIN if left else last) * nows[0]
    return best_of(splits, values)
