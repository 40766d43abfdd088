"""The answer that leads is rated again, until the leader has as many ratings as the run wants.

Asked are rewards that may say something else then: a judge, at a temperature as with `?repeats=`,
and a reward of the user's own with `varies = True`. All others would only say the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ..core.context import Context
from ..core.pool import best, losses, with_reward, with_score
from ..core.ratings import ratings_of, with_ratings
from ..core.state import Candidate, Score, merge_candidates
from ..core.stopping import REQUESTS_PER_ROUND
from ..models.budget import Budget
from .planned_reward import Batched, Job, PlannedReward, requests_to_score
from .remarks import remark

RATINGS = 3  # of the answer that leads, where the search goes by what rewards say
Rate = Callable[[PlannedReward, str, Job], Awaitable[list[Score]]]
"""Has a reward score a job; the text between says what for."""


async def rated_again(
    pool: Sequence[Candidate],
    reward: PlannedReward,
    job: Job,
    round: int,
    heldout: PlannedReward | None,
    rate: Rate,
) -> list[Candidate]:
    """Have the answer that leads rated again, and whichever leads then.

    What a budget needs for the held-out score and the next round is left to them.

    Args:
        pool: The candidates, with the rewards of the round.
        reward: What ranked them.
        job: The round, with what it may still cost.
        round: Its number.
        heldout: The held-out reward, if there is one.
        rate: Makes one rating.

    Returns:
        What changes in the records of the pool; copies of an answer have its ratings too. Each
        answer is asked about once at most. Ratings that fail are passed over, and told of.
    """
    changed, asked = list[Candidate](), set[str]()
    later = requests_after(job, round, reward, heldout)
    while leader := best(now := merge_candidates(pool, [changed])):
        again = {} if leader["text"] in asked else times_again(reward, leader, job.settings, round)
        if not again or not affords(job.budget, again.values(), later):
            break
        asked.add(leader["text"])
        score = with_ratings(leader, await new_ratings(leader["text"], again, job, rate))
        same = [c for c in with_reward(now) if c["text"] == leader["text"]]
        changed += [with_score(c, score) for c in same if score is not leader]
    return changed


async def new_ratings(
    text: str, again: Mapping[int, PlannedReward], job: Job, rate: Rate
) -> list[Score]:
    """Have an answer rated again, all times at once."""
    about = replace(job, answers=[text])
    made = await asyncio.gather(*[rate(one, f"again {nth}", about) for nth, one in again.items()])
    scores = [score for [score] in made]
    if lost := losses(scores):
        remark(f"a further rating of the best answer failed ({lost[0]}); the others count")
    return scores


def times_again(
    reward: PlannedReward, leader: Candidate, settings: Context, round: int
) -> dict[int, PlannedReward]:
    """Return whom to ask for the ratings that a leader lacks, by which further time it is.

    One that has several is not asked about again: if some have failed, or were vetoes, others
    would only be paid for round after round. Each round has times of its own, so that one that
    failed is another one when it is asked again.
    """
    wanted = settings.ratings or (RATINGS if settings.mode == "adaptive" else 1)
    first = 1 + round * (wanted - 1)
    times = range(first, first + wanted - 1) if len(ratings_of(leader)) == 1 else range(0)
    again = {nth: asked_again(reward, leader, nth) for nth in times}
    return {nth: one for nth, one in again.items() if one is not None}


def asked_again(reward: PlannedReward, score: Score, nth: int) -> PlannedReward | None:
    """Return the reward to ask about an answer once more, or `None` if it is not worth asking.

    Args:
        reward: What scored the answer.
        score: What that came to.
        nth: Which further time this is, from 1.

    Example:
        >>> from .judging.pointwise import Judge
        >>> judge = Judge("openai:gpt-5-mini")
        >>> asked_again(judge, Score(reward=7.0, error=None), 1).name
        'judge:openai:gpt-5-mini (1)'
        >>> asked_again(judge, Score(reward=6.8, error=None), 1)
    """
    if isinstance(reward, Batched):
        return reward if getattr(reward.reward, "varies", False) else None
    again: Callable[[Score, int], PlannedReward | None] | None
    again = getattr(reward, "asked_again", None)
    return again(score, nth) if again else None


def affords(budget: Budget, again: Iterable[PlannedReward], later: int) -> bool:
    """Return whether a budget has the requests for some ratings, and for what comes later."""
    price = sum(requests_to_score(one, 1) for one in again)
    return not budget.used_up() and budget.requests >= price + later


def requests_after(
    job: Job, round: int, reward: PlannedReward, heldout: PlannedReward | None
) -> int:
    """Return how many requests the held-out score and the next round take at least."""
    last = round >= job.settings.rounds
    held = requests_to_score(heldout, 1) if heldout else 0
    scores = requests_to_score(reward, job.settings.width)
    return held + (0 if last else REQUESTS_PER_ROUND + scores + held)
