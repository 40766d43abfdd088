"""`tpo score`: score the answers in a file with a reward."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Sequence

from rich.text import Text

from ...core.context import Context
from ...core.conversation import read_conversation
from ...core.errors import ConfigError, MissingDependencyError, RewardError, cause_of
from ...core.failure import failure_of
from ...core.look_into import doctor_reward
from ...core.make_context import make_context
from ...core.number_format import reward as shown
from ...core.pool import losses
from ...rewards.base import Reward, Score
from ...rewards.planned_reward import Job, PlannedReward, planned, score_now
from ...rewards.query_criteria import Criteria
from ...rewards.readiness import make_ready
from ...rewards.resolve import resolve_reward
from ..console import console_for, say, short, table
from ..ctrl_c import run_interruptible
from ..input.score_rows import ScoreRow, read_rows

AT_ONCE = 64  # rows under way, and printed together


def score(path: str, settings: dict[str, object]) -> int:
    """Score every row, in order; return 0, or 1 if some could not be scored."""
    context = make_context(None, **settings)
    reward = resolve_reward(context.reward, policy=context.policy)
    rows = read_rows(path)
    if reward.notice:
        say(f"Note: {reward.notice}")
    return run_interruptible(_score(reward, rows, context))


async def _score(reward: Reward | PlannedReward, rows: Sequence[ScoreRow], context: Context) -> int:
    await _make_ready(reward, context)
    lost, vetoed, written = list[str](), list[str](), defaultdict[str, Criteria](dict)
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        scores = await _score_some(reward, some, written)
        lost += losses(scores)
        vetoed += [str(s["error"]) for s in scores if failure_of(s) == "vetoed"]
        if sys.stdout.isatty():
            _print_table(some, scores, first)
        else:
            for row, result in zip(some, scores, strict=True):
                print(json.dumps({**row.given, **result}, ensure_ascii=False), flush=True)
    if vetoed:
        say(f"{len(vetoed)} of {len(rows)} answers are vetoed: {vetoed[0]}")
    if lost:
        say(f"{len(lost)} of {len(rows)} answers could not be scored: {lost[0]}")
    return 1 if lost else 0


async def _make_ready(reward: Reward | PlannedReward, context: Context) -> None:
    """Make sure that a reward can score, so that what is wrong is told once."""
    try:
        await make_ready(planned(reward), Job([], [], settings=context))
    except (ConfigError, MissingDependencyError):
        raise
    except Exception as error:
        away = f"reward {reward.name!r} cannot score: {cause_of(error).rstrip('.')}"
        look = doctor_reward(context.reward, reward.name) or "tpo doctor"
        raise RewardError(f"{away}. To look into it: {look}") from error


async def _score_some(
    reward: Reward | PlannedReward, rows: Sequence[ScoreRow], written: dict[str, Criteria]
) -> list[Score]:
    """Score rows; answers to one conversation go together, so that they share batches.

    What is written to check them for is `written` once for each conversation.
    """
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row.conversation, []).append(place)
    groups = list(places.values())
    asked = [
        (rows[g[0]].messages, [rows[i].answer for i in g], written[rows[g[0]].conversation])
        for g in groups
    ]
    done = await asyncio.gather(*[score_now(reward, *one) for one in asked])
    found = {
        i: s for g, scores in zip(groups, done, strict=True) for i, s in zip(g, scores, strict=True)
    }
    return [found[place] for place in range(len(rows))]


def _print_table(rows: Sequence[ScoreRow], scores: Sequence[Score], first: int) -> None:
    console = console_for()
    made = table("row", "reward", "prompt", "answer", right=("row", "reward"))
    room = max(16, (console.width - 20) // 2)
    for number, (row, result) in enumerate(zip(rows, scores, strict=True), start=first + 1):
        error = result["error"]
        query = short(read_conversation(row.messages).query, room)
        answer = Text(short(error or row.answer, room), "red" if error else "")
        made.add_row(str(number), shown(result["reward"]), Text(query), answer)
    console.print(made)
