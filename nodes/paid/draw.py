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

from ...core.reply import Reply
from ...core.state import Candidate
from ...core.usage import Cost, add_costs, brief, cost
from ...models.request import RequestError
from .candidates import Draw, Drawn, UnusableError, request_candidates
from .durable import Held

SPARE_PASSES = 4  # fallbacks; every other pass brings a text, or the server is given up


@dataclass
class Outcome:
    """The sum over all requests of a draw (local to one node call)."""

    refused: frozenset[str]
    ready: list[Candidate]  # drafts, and what failed
    drawn: list[dict[str, Any]] = field(default_factory=list)  # outlines: see `restore`
    cost: Cost = field(default_factory=cost)

    @property
    def records(self) -> list[Any]:
        """What the node writes: drafts, failures, and outlines of what its requests brought."""
        return [*self.ready, *self.drawn]


async def draw_candidates(
    draw: Draw, refused: frozenset[str], most_requests: int | None
) -> Outcome:
    """Draw `context.width` candidates, drafts included; each finished request is saved as it comes.

    Args:
        draw: What to draw.
        refused: Parameters known to be refused.
        most_requests: Requests the budget still allows, or `None`.

    Returns:
        What failed and what was learnt. The candidates are in the pool already.
    """
    out = Outcome(refused, _drafted(draw))
    missing = list(range(len(out.ready), draw.context.width))
    for _ in range(draw.context.width + SPARE_PASSES):
        groups = _groups(draw, missing, out.refused)
        most = None
        if most_requests is not None:
            left = max(0, most_requests - out.cost["requests"])
            groups, cut = groups[:left], groups[left:]
            _fail(draw, out, [i for g in cut for i in g], "budget: no request left for it")
            most = left // max(1, len(groups))
        if not groups:
            return out
        known, wanted = out.refused, Held(draw, f"{draw.phase} r{draw.round}")
        calls = [request_candidates(wanted, group, known, most) for group in groups]
        results = await asyncio.gather(*calls, return_exceptions=True)
        missing = _take(draw, out, groups, results)
    _fail(draw, out, missing, "missing: the server kept returning fewer texts than asked for")
    return out


def _drafted(draw: Draw) -> list[Candidate]:
    """Return the candidates that need no request."""
    records = [draw.candidate(i, Reply(text)) for i, text in enumerate(draw.drafts)]
    for record in records:
        record["drafted"] = True
        draw.emit("candidate", {"candidate": record})
    return records


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
    known = out.refused  # when they were sent; `out.refused` grows as results are booked
    for group, result in zip(groups, results, strict=True):
        if isinstance(result, UnusableError):
            out.cost = add_costs(out.cost, result.cost)
            out.ready += result.candidates
            continue
        if isinstance(result, RequestError):
            out.cost = add_costs(out.cost, result.cost)
            _fail(draw, out, group, f"failed: {result}")
            continue
        if isinstance(result, BaseException):
            raise result
        drawn: Drawn = result or _without_receipt(draw, group)
        out.cost = add_costs(out.cost, cost(**drawn["cost"]))
        out.drawn += drawn["candidates"]
        learnt = frozenset(drawn["refused"])
        came = {c["index"] for c in drawn["candidates"]}
        if len(group) > 1 and len(came) <= 1 and learnt == known:
            learnt |= {"n"}  # it ignores n and sends one text
        if len(group) == 1 and not came and learnt <= known:
            _fail(draw, out, group, "missing: the server returned no text at all")
            continue
        out.refused |= learnt
        missing += [index for index in group if index not in came]
    return missing


def _without_receipt(draw: Draw, group: Sequence[int]) -> Drawn:
    """Stand in for a task cancelled between writing its texts and saying what they cost."""
    paid = cost(requests=1, sequences=len(group), exact=False)
    return Drawn(candidates=[draw.outline(i) for i in group], refused=[], cost=brief(paid))


def _fail(draw: Draw, out: Outcome, places: Sequence[int], error: str) -> None:
    for index in places:
        record = draw.candidate(index, Reply("", error=error))
        record["text"], record["error"] = "", error
        out.ready.append(record)
        draw.emit("candidate", {"candidate": record})
