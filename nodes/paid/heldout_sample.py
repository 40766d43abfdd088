"""Further held-out scores, made only if the guard would give an alarm: is it more than noise?

`core/overoptimisation.py` says which round's answers it needs; each score is a saved call.
"""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.runtime import Runtime

from ...core.context import Context
from ...core.conversation import read_conversation
from ...core.events import Emitter
from ...core.heldout_noise import LEAST
from ...core.json_types import JsonObject
from ...core.overoptimisation import drift
from ...core.pool import of_round, with_reward
from ...core.state import Candidate, Round, State, merge_rounds
from ...core.stopping import spent
from ...core.usage import add_usage, usage_of
from ...models.budget import budget_left
from .run_models import GivenModels, Update
from .score_round import Ranking

MOST = 6  # answers of a round: more say little more


async def heldout_samples(
    ranking: Ranking, pool: Sequence[Candidate], rounds: Sequence[Round]
) -> list[JsonObject]:
    """Score other answers of the rounds that an alarm depends on, as few as will do.

    Args:
        ranking: Whose held-out reward scores; it counts the cost.
        pool: All candidates.
        rounds: All rounds, the last one included.

    Returns:
        What that adds to the rounds' records; nothing if no alarm is in sight, without a held-out
        reward, or if its tolerance is set.
    """
    reward, context = ranking.run.heldout, ranking.run.context
    found: list[JsonObject] = []
    if reward is None or context.guard_tolerance is not None:
        return found
    ids = {record["chosen"] for record in rounds}
    chosen = {candidate["text"] for candidate in pool if candidate["id"] in ids}
    while (nth := drift(rounds)["to_sample"]) is not None:
        # The chosen ones are left out: by their scores the best and the last have been told apart.
        others = dict.fromkeys(c["text"] for c in with_reward(of_round(pool, nth)))
        texts = [text for text in others if text not in chosen][:MOST]
        scores = await ranking.heldout_each(reward, texts) if texts else []
        sample = [score for score in scores if score is not None]
        if len(sample) < LEAST:
            ranking.emit.notice(
                f"the guard cannot tell whether the held-out reward fell: round {nth} has too few "
                "answers to know its noise; take a greater width, or set guard_tolerance"
            )
        part = {"turn": rounds[-1]["turn"], "round": nth, "heldout_sample": sample}
        found.append(part)
        rounds = merge_rounds(rounds, [[part]])
    return found


async def sampled_at_end(
    state: State, given: GivenModels, runtime: Runtime[Context], emit: Emitter
) -> tuple[State, Update]:
    """Score what a report of the guard depends on: once, since nothing hangs on it before.

    Returns:
        The state with that, and what a step writes of it: nothing, unless an alarm is in sight.
    """
    context, rounds = given.settings(runtime), state["rounds"]
    if context.guard != "report" or drift(rounds, context.guard_tolerance)["to_sample"] is None:
        return state, {}
    ranking = Ranking(
        await given.for_run(runtime),
        read_conversation(state["messages"]).messages,
        emit,
        pool=state["candidates"],
        restored=(),
        degraded=state.get("degraded", False),
        budget=budget_left(context, spent(state)),
    )
    samples = await heldout_samples(ranking, state["candidates"], rounds)
    paid = usage_of(state["turn"], "rank", ranking.cost, emit.seconds)
    known: State = {
        **state,
        "rounds": merge_rounds(rounds, [samples]),
        "usage": add_usage(state["usage"], paid),
    }
    return known, {"rounds": samples, "usage": paid}
