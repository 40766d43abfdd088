"""The pool of a run that ends with another schema than it was ranked by: checked once more."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import RewardError
from ...core.json_types import JsonObject
from ...core.pool import with_reward, with_score
from ...core.state import Candidate, Score, State, merge_candidates
from ...core.vetoes import why_vetoed
from ..mixing.answer_scores import with_parts
from .answer_form import FORM, form_mark
from .json_schema import schema_scores


async def pool_in_form(state: State, schema: JsonObject | None) -> tuple[State, dict[str, object]]:
    """Return the state with what does not fit a schema vetoed, and that as a step writes it.

    A ranking checks what it ranks. But a run can be resumed, or forked, with a new schema where
    nothing is left to rank.

    Args:
        state: The run, at its end.
        schema: What the answer has to fit; `None` for anything.

    Raises:
        RewardError: no answer fits.
    """
    ranked_by = state["rounds"][-1].get("ranked_by", "") if schema else ""
    if not schema or ranked_by.endswith(form_mark(schema)):
        return state, {}
    pool = with_reward(state["candidates"])
    scores = await schema_scores(schema, [one["text"] for one in pool])
    vetoed = [
        with_score(one, form_veto(score))
        for one, score in zip(pool, scores, strict=True)
        if not score["reward"]
    ]
    checked: State = {**state, "candidates": merge_candidates(state["candidates"], [vetoed])}
    if len(vetoed) == len(pool):
        raise RewardError(nothing_fits(checked["candidates"]))
    return checked, {"candidates": vetoed} if vetoed else {}


def form_veto(score: Score) -> Score:
    """Return the veto of an answer that does not fit, as the ranking would have written it."""
    veto = Score(reward=None, error=f"vetoed by {FORM}", failure="vetoed")
    return with_parts(veto, [FORM], [FORM], [score], weights=[])


def nothing_fits(pool: Sequence[Candidate]) -> str:
    """Return what is said of a pool in which no answer fits."""
    return (
        f"no answer fits answer_schema{why_vetoed(pool)}: they were ranked without it, and this "
        "run has come to its end. Ask again with it, or go on from before the last ranking"
    )
