"""Draw N candidates from a policy: what `sample` and `update` share.

One request with `n = N` where the provider supports it (its prompt is computed once),
one request per candidate otherwise. `auto` tries the first, tops up when fewer texts
come back, and remembers a refusal in the state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from langgraph.func import task
from typing_extensions import TypedDict

from ..core.context import Context
from ..core.events import Emitter
from ..core.reply import Reply
from ..core.state import Candidate
from ..core.usage import Cost, add_costs, cost
from ..models.request import Request, RequestError, ask
from .durable import request_seed, write

MOST_PASSES = 8  # first requests, fallbacks, top-ups: a server cannot keep us here for ever
Read = Callable[[Reply], tuple[str, str | None]]


class Drawn(TypedDict):
    """What one request brought, small enough to be stored beside the texts themselves."""

    candidates: list[str]
    usable: int
    refused: list[str]
    cost: Cost


@dataclass(frozen=True)
class Draw:
    """N candidates to be drawn.

    Attributes:
        request: What to ask, given the refused parameters; `n` and seed are set here.
        read: Finds the answer in a reply, or says why there is none.
        phase: `sample` or `update`.
        partial: What to show of an unfinished reply, for live text.
    """

    context: Context
    emit: Emitter
    request: Callable[[frozenset[str]], Request]
    read: Read
    partial: Callable[[str], str]
    phase: Literal["sample", "update"]
    turn: int
    round: int
    parent_round: int | None
    gate: asyncio.Semaphore

    def candidate(self, index: int, reply: Reply) -> Candidate:
        """Return the record of one reply."""
        text, error = self.read(reply)
        record = Candidate(
            id=f"r{self.round}c{index}",
            turn=self.turn,
            round=self.round,
            index=index,
            text=text,
            reward=None,
            error=error,
            finish_reason=reply.finish_reason,
            parent_round=self.parent_round,
        )
        if reply.reasoning:
            record["reasoning"] = reply.reasoning
        return record


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


@task
async def request_candidates(
    draw: Draw, places: list[int], refused: frozenset[str], retries: int
) -> Drawn:
    """Send one request for the candidates at `places`, and save what comes back."""
    name = f"r{draw.round}c{places[0]}" + (f"-{places[-1]}" if len(places) > 1 else "")
    base = draw.request(refused)
    seed = request_seed(draw.context, draw.phase, draw.round, places[0])
    request = replace(
        base,
        n=len(places),
        retries=retries,
        parameters={**base.parameters, "seed": seed},
        label=f"{draw.phase} {name}",
    )
    about = {"request": name, "phase": draw.phase}
    async with draw.gate:
        draw.emit("request_started", {**about, "sequences": len(places)})
        try:
            response = await ask(request, _live(draw, name) if len(places) == 1 else None)
        except RequestError as error:
            draw.emit("request_failed", {**about, "error": str(error)})
            raise
    pairs = zip(places, response.replies, strict=False)  # a server may send more, or fewer
    candidates = [draw.candidate(index, reply) for index, reply in pairs]
    write(candidates=candidates)
    draw.emit("request_finished", {**about, "cost": response.cost})
    for candidate in candidates:
        draw.emit("candidate", {"candidate": candidate})
    return Drawn(
        candidates=[c["id"] for c in candidates],
        usable=sum(c["error"] is None for c in candidates),
        refused=sorted(response.refused),
        cost=response.cost,
    )


def _live(draw: Draw, name: str) -> Callable[[str], None]:
    """Return a sink that emits what is new in the visible part of the growing reply."""
    raw = shown = ""

    def on_text(piece: str) -> None:
        nonlocal raw, shown
        raw += piece
        visible = draw.partial(raw)
        if len(visible) > len(shown):
            text, shown = visible[len(shown) :], visible
            draw.emit("candidate_delta", {"request": name, "candidate": name, "text": text})

    return on_text
