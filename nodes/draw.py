"""Draw N candidates from a policy: what `sample` and `update` share.

One request with `n = N` where the provider supports it (its prompt is computed once),
one request per candidate otherwise. `auto` tries the first, tops up when fewer texts
come back, and remembers a refusal in the state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.reply import Reply
from ..core.state import Candidate
from ..core.usage import Cost, add_costs, cost
from ..models.request import RequestError
from .candidates import Draw, request_candidates

MOST_PASSES = 8  # first requests, fallbacks, top-ups: a server cannot keep us here for ever


@dataclass
class Outcome:
    """The sum over all requests of a draw (local to one node call)."""

    refused: frozenset[str]
    failed: list[Candidate]
    usable: int = 0
    cost: Cost = field(default_factory=cost)


async def draw_candidates(
    draw: Draw, refused: frozenset[str], most_requests: int | None
) -> Outcome:
    """Draw `context.width` candidates; each finished request is saved as it comes.

    Args:
        draw: What to draw.
        refused: Parameters known to be refused.
        most_requests: Requests the budget still allows, or `None`.

    Returns:
        What failed and what was learnt. The candidates are in the pool already.
    """
    out = Outcome(refused, [])
    missing = list(range(draw.context.width))
    for _ in range(MOST_PASSES):
        groups = _groups(draw, missing, out.refused)
        retries = draw.context.retries
        if most_requests is not None:
            left = max(0, most_requests - out.cost["requests"])
            groups, cut = groups[:left], groups[left:]
            _fail(draw, out, [i for g in cut for i in g], "budget: no request left for it")
            retries = min(retries, left // max(1, len(groups)) - 1)
        if not groups:
            return out
        known = out.refused
        calls = [request_candidates(draw, group, known, retries) for group in groups]
        results = await asyncio.gather(*calls, return_exceptions=True)
        missing = _take(draw, out, groups, results)
    _fail(draw, out, missing, "missing: the server kept returning fewer texts than asked for")
    return out


def _groups(draw: Draw, missing: Sequence[int], refused: frozenset[str]) -> list[list[int]]:
    """Split the missing places into requests: all at once, or one each."""
    request = draw.request(refused)
    has_n = "n" in type(request.policy.model).model_fields and request.json_by_body
    native = draw.context.sampling != "parallel" and has_n and "n" not in refused
    size = min(len(missing), request.policy.slots or len(missing)) if native else 1
    return [list(missing[i : i + size]) for i in range(0, len(missing), max(1, size))]


def _take(draw: Draw, out: Outcome, groups: list[list[int]], results: Sequence[Any]) -> list[int]:
    """Book the results of one pass; return the places still missing."""
    missing: list[int] = []
    for group, result in zip(groups, results, strict=True):
        if isinstance(result, RequestError):
            out.cost = add_costs(out.cost, cost(requests=result.requests))
            _fail(draw, out, group, f"failed: {result}")
            continue
        if isinstance(result, BaseException):
            raise result
        out.cost = add_costs(out.cost, result["cost"])
        out.usable += result["usable"]
        learnt = frozenset(result["refused"])
        came = len(result["candidates"])
        if len(group) > 1 and came <= 1 and learnt == out.refused:
            learnt |= {"n"}  # it ignores n and sends one text
        if len(group) == 1 and came == 0 and learnt <= out.refused:
            _fail(draw, out, group, "missing: the server returned no text at all")
            continue
        out.refused |= learnt
        missing += group[came:]
    return missing


def _fail(draw: Draw, out: Outcome, places: Sequence[int], error: str) -> None:
    for index in places:
        record = draw.candidate(index, Reply("", error=error))
        record = {**record, "text": "", "error": error}
        out.failed.append(record)
        draw.emit("candidate", {"candidate": record})
