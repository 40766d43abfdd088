"""Draw N candidates from a policy: what `sample` and `update` share.

One request with `n = N` where the provider supports it (its prompt is computed once),
one request per candidate otherwise. `auto` tries the first, tops up when fewer texts
come back, and remembers a refusal in the state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.failure import FailureKind
from ...core.reply import Reply
from ...core.state import RECEIPT, Candidate
from ...core.usage import Cost, add_costs, brief, cost
from ...models.request import RequestError
from .candidates import Draw, Drawn, Receipt, UnusableError, request_candidates
from .durable import Held, outline, written

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
            over = [i for g in cut for i in g]
            _fail(draw, out, over, "budget", "budget: no request left for it")
            most = left // max(1, len(groups))
        if not groups:
            return out
        calls = [_request(draw, group, out.refused, most) for group in groups]
        results = await asyncio.gather(*calls, return_exceptions=True)
        missing = _take(draw, out, groups, results)
    few = "missing: the server kept returning fewer texts than asked for"
    _fail(draw, out, missing, "missing", few)
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


async def _request(
    draw: Draw, places: list[int], refused: frozenset[str], most: int | None
) -> Drawn:
    """Send one request. Cancelled after its texts were saved, it has no result, but left those."""
    wanted = Held(draw, f"{draw.phase} r{draw.round}")
    drawn: Drawn | None = await request_candidates(wanted, places, refused, most)
    if drawn:
        return drawn
    found: Sequence[Mapping[str, Any]] = []
    async for there in written({(draw.turn, draw.id(index)) for index in places}):
        if found := list(there.values()):
            break
    lost = Receipt(refused=[], cost=brief(cost(requests=1, sequences=len(found), exact=False)))
    receipt: Receipt = next((c[RECEIPT] for c in found if RECEIPT in c), lost)
    return Drawn(candidates=[outline(c) for c in found], **receipt)


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
            _fail(draw, out, group, result.failure, f"failed: {result}")
            continue
        if isinstance(result, BaseException):
            raise result
        drawn: Drawn = result
        out.cost = add_costs(out.cost, cost(**drawn["cost"]))
        out.drawn += drawn["candidates"]
        learnt = frozenset(drawn["refused"])
        came = {c["index"] for c in drawn["candidates"]}
        if len(group) > 1 and len(came) <= 1 and learnt == known:
            learnt |= {"n"}  # it ignores n and sends one text
        if len(group) == 1 and not came and learnt <= known:
            _fail(draw, out, group, "missing", "missing: the server returned no text at all")
            continue
        out.refused |= learnt
        missing += [index for index in group if index not in came]
    return missing


def _fail(
    draw: Draw, out: Outcome, places: Sequence[int], failure: FailureKind, error: str
) -> None:
    for index in places:
        record = draw.candidate(index, Reply("", error=error, failure=failure))
        out.ready.append(record)
        draw.emit("candidate", {"candidate": record})
