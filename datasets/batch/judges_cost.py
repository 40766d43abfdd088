"""What the judges of a row have cost: they send no events, but each step writes its usage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

from ...core.json_types import JsonObject
from ...core.paid_judges import paid_judges
from ...core.state import State
from ...core.usage import Cost, add_costs, cost
from ..records import PaidRequest
from .paid_so_far import as_cost


class JudgesCost(NamedTuple):
    """What the requests of the judges of one step have cost."""

    step: str
    round: int
    cost: Cost


def judging(updates: Mapping[str, JsonObject]) -> Iterator[JudgesCost]:
    """Yield what the judges of the steps that wrote these updates have cost."""
    for step, written in updates.items():
        for paid in paid_judges(written):
            if paid["requests"]:
                yield JudgesCost(step, written["rounds"][-1]["round"], paid)


def not_told(state: State, told: Sequence[PaidRequest]) -> JudgesCost | None:
    """Return what judging has cost beyond what was told; `None` if that was all.

    A process that is killed may have saved a step and told nobody.

    Args:
        state: The turn's, at its end.
        told: The requests of the turn.
    """
    usage = state.get("usage")
    whole = usage["phases"].get("rank", cost()) if usage else cost()
    known = reduce(add_costs, (as_cost(one) for one in told if one["phase"] == "rank"), cost())
    if (left := whole["requests"] - known["requests"]) <= 0:
        return None
    rest = cost(
        requests=left,
        input_tokens=whole["input_tokens"] - known["input_tokens"],
        cached_tokens=whole["cached_tokens"] - known["cached_tokens"],
        output_tokens=whole["output_tokens"] - known["output_tokens"],
        cost_usd=whole.get("cost_usd", 0.0) - known.get("cost_usd", 0.0),
        priced_requests=left if whole.get("priced_requests") == whole["requests"] else 0,
    )
    return JudgesCost("rest", state["round"], rest)
