"""From who beat whom in a round to scores on the scale of the pool.

The best answer of the earlier rounds takes part with its old rating, which ties the rounds
to one scale (Bradley-Terry, see `bradley_terry`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.pool import reward_of
from ..base import Score, failed, scored
from ..planned_reward import Job
from .bradley_terry import ratings


def compared(job: Job) -> list[str]:
    """Return the texts to be compared: the new answers, then the leader, if there is one."""
    return [*job.answers, *([job.leader["text"]] if job.leader else [])]


def standing(
    job: Job, wins: Sequence[Sequence[float]], why: Callable[[int], Exception]
) -> list[Score]:
    """Rate the answers by wins, and move the scale so that the leader keeps its rating.

    Args:
        job: The round.
        wins: `wins[i][j]` is how often the text at place i of `compared` beat that at j: of
            two comparisons, one in each order. A tie is 0.5 for both; 0 for both is a pair
            that was not compared.
        why: Returns the error that left the answer at a place without a rating.

    Returns:
        One score per new answer. One without any pair is unscored, and so is, later, one
        that no chain of pairs links to the leader: it has no scale.
    """
    count = len(wins)
    if count == 1:  # nothing to compare with: one answer, or none beside the leader
        return [scored(0.0)] * len(job.answers)
    met = [{j for j in range(count) if wins[i][j] + wins[j][i] > 0} for i in range(count)]
    linked = {i for i in range(count) if met[i]}
    if job.leader:  # only what a chain of compared pairs links to it
        linked = new = {count - 1}
        while new:  # ends: each pass adds places that were not there
            new = {other for place in new for other in met[place]} - linked
            linked = linked | new
    rated = ratings(wins)
    # Differences first: a tie with the leader gives its rating to the last bit.
    base, own = (reward_of(job.leader), rated[-1]) if job.leader else (0.0, 0.0)
    return [
        scored(base + (rated[i] - own)) if i in linked else failed(why(i))
        for i in range(len(job.answers))
    ]
