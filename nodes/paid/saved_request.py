"""One saved request for candidates: the task that sends it and writes what it brings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Literal

from langgraph.func import task
from typing_extensions import TypedDict

from ...core.events import Emitter
from ...core.failure import failure_of
from ...core.hidden_argument import Held
from ...core.json_types import JsonObject
from ...core.merge import RECEIPT
from ...core.replies.reply import Reply
from ...core.state import Candidate
from ...core.usage import Cost, brief, cost
from ...models.live_request import ask_live
from ...models.request import Request, RequestError
from .durable import Key, outline, require_history, write, written


@dataclass(frozen=True)
class CandidateRequest:
    """A request for the candidates at some places of a round.

    Attributes:
        name: Its name in events.
        keys: Turn and id of each of the candidates.
        record: Makes a reply the candidate at a place.
        visible: What to show of an unfinished reply, for live text.
        gate: How many requests may be under way at the same time.
        came: What it brought, if it was sent now and not by an interrupted run.
    """

    request: Request
    name: str
    phase: Literal["sample", "update"]
    places: Sequence[int]
    keys: Set[Key]
    emit: Emitter
    record: Callable[[int, Reply], Candidate]
    visible: Callable[[str], str]
    gate: asyncio.Semaphore
    came: list[Candidate] = field(default_factory=list)


class Receipt(TypedDict):
    """What is known of a request beside its texts."""

    refused: list[str]
    cost: JsonObject
    """As `brief` gives it."""


class Brought(Receipt):
    """What one request brought, small enough to be stored beside the texts themselves."""

    candidates: list[JsonObject]
    """Their outlines."""


class UnusableError(RequestError):
    """Nothing that a first request brought can be an answer; a resumed run asks again."""

    def __init__(self, candidates: list[Candidate], paid: Cost) -> None:
        super().__init__(str(candidates[0]["error"]), paid, failure_of(candidates[0]) or "failed")
        self.candidates = candidates


async def saved_request(asked: CandidateRequest) -> Brought:
    """Send the request, or take its saved result.

    A task that was cancelled after its texts were saved has no result, but left those.

    Raises:
        RequestError: it failed, or brought nothing to begin with.
        ConfigError: it could not be saved.
    """
    require_history()
    held = Held(asked, asked.request.label)
    brought: Brought | None = await request_candidates(held)
    if brought:
        if not held.taken:  # a saved result of an interrupted run
            before = cost(**brought["cost"])
            asked.request.budget.pay(before, before["requests"])
        return brought
    found: Sequence[Any] = []
    async for there in written(asked.keys):
        if found := list(there.values()):
            break
    paid = cost(requests=1, sequences=len(found), exact=False)
    lost = Receipt(refused=[], cost=brief(paid))
    receipt: Receipt = next((c[RECEIPT] for c in found if RECEIPT in c), lost)
    return Brought(candidates=[outline(c) for c in found], **receipt)


@task
async def request_candidates(held: Held[CandidateRequest]) -> Brought:
    """Send the request, and save what comes back."""
    asked = held()
    async with asked.gate:
        about = (asked.emit, asked.phase, asked.name, asked.visible)
        ids = [f"r{asked.emit.round}c{index}" for index in asked.places]
        response = await ask_live(asked.request, *about, candidates=ids)
    pairs = zip(asked.places, response.replies, strict=False)  # a server may send more, or fewer
    candidates = [asked.record(index, reply) for index, reply in pairs]
    asked.came.extend(candidates)
    for candidate in candidates:
        asked.emit("candidate", {"candidate": candidate})
    unusable = len(candidates) == len(asked.places) and all(c["error"] for c in candidates)
    if unusable and asked.phase == "sample":
        raise UnusableError(candidates, response.cost)
    refused = asked.request.policy.owned(response.refused)
    receipt = Receipt(refused=sorted(refused), cost=brief(response.cost))
    if candidates:  # the receipt is saved with the texts: the result comes later, or never
        write(candidates=[{**candidates[0], RECEIPT: receipt}, *candidates[1:]])
    return Brought(candidates=[outline(c) for c in candidates], **receipt)
