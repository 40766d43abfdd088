"""What the judges of a row have cost: they send no events, but each step writes its usage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...core.state import State
from ...core.usage import Cost, cost
from ..records import PaidRequest


class JudgesCost(NamedTuple):
    """What the requests of the judges of one step have cost."""

    step: str
    round: int
    cost: Cost


def judging(updates: Mapping[str, object]) -> Iterator[JudgesCost]:
    """Yield what the judges of the steps that wrote these updates have cost."""
    for step, update in updates.items():
        if isinstance(update, Mapping) and (usage := update.get("usage")):
            for delta in usage if isinstance(usage, list) else [usage]:
                if delta["phase"] == "rank" and delta["cost"]["requests"]:
                    yield JudgesCost(step, update["rounds"][-1]["round"], delta["cost"])


def not_told(state: State, told: Sequence[PaidRequest]) -> JudgesCost | None:
    """Return what judging has cost beyond what was told; `None` if that was all.

    A process that is killed may have saved a step and told nobody.

    Args:
        state: The turn's, at its end.
        told: The requests of the turn.
    """
    usage = state.get("usage")
    whole = usage["phases"].get("rank", cost()) if usage else cost()
    mine = [one for one in told if one["phase"] == "rank"]
    if (left := whole["requests"] - sum(one.get("requests", 1) for one in mine)) <= 0:
        return None
    priced = whole.get("priced_requests") == whole["requests"]
    rest = cost(
        requests=left,
        input_tokens=whole["input_tokens"] - sum(one["input_tokens"] for one in mine),
        cached_tokens=whole["cached_tokens"] - sum(one["cached_tokens"] for one in mine),
        output_tokens=whole["output_tokens"] - sum(one["output_tokens"] for one in mine),
        cost_usd=whole.get("cost_usd", 0.0) - sum(one.get("cost_usd") or 0.0 for one in mine),
        priced_requests=left if priced else 0,
    )
    return JudgesCost("rest", state["round"], rest)
