"""One durable request for candidates: what is drawn, and the task that draws it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from langgraph.func import task
from typing_extensions import TypedDict

from ...core.context import Context
from ...core.events import Emitter
from ...core.failure import failure_of
from ...core.reply import Reply, cut
from ...core.state import RECEIPT, Candidate
from ...core.usage import Cost, brief
from ...models.request import OnText, Request, RequestError, ask
from .durable import Held, outline, request_seed, traced, write
from .live_text import growing


class Receipt(TypedDict):
    """What is known of a request beside its texts."""

    refused: list[str]
    cost: dict[str, Any]
    """As `brief` gives it."""


class Drawn(Receipt):
    """What one request brought, small enough to be stored beside the texts themselves."""

    candidates: list[dict[str, Any]]
    """Their outlines."""


@dataclass(frozen=True)
class Draw:
    """N candidates to be drawn.

    Attributes:
        request: What to ask, given the refused parameters; `n` and seed are set here.
        read: Makes a reply's text the answer in it, or says why there is none.
        phase: `sample` or `update`.
        partial: What to show of an unfinished reply, for live text.
        drafts: Answers that are there already; they take the first places.
    """

    context: Context
    emit: Emitter
    request: Callable[[frozenset[str]], Request]
    read: Callable[[Reply], Reply]
    partial: Callable[[str], str]
    phase: Literal["sample", "update"]
    turn: int
    round: int
    parent_round: int | None
    gate: asyncio.Semaphore
    drafts: Sequence[str] = ()

    def id(self, index: int) -> str:
        """Return the id of the candidate at a place."""
        return f"r{self.round}c{index}"

    def candidate(self, index: int, reply: Reply) -> Candidate:
        """Return the record of one reply."""
        reply = self.read(reply)
        if not reply.error:
            reply = replace(reply, text=cut(reply.text, self.context.stop_sequences))
            if not reply.text:
                error = "empty: it began with a stop sequence"
                reply = replace(reply, error=error, failure="empty")
        record = Candidate(
            id=self.id(index),
            turn=self.turn,
            round=self.round,
            index=index,
            text=reply.text,
            reward=None,
            error=reply.error,
            failure=reply.failure,
            finish_reason=reply.finish_reason,
            parent_round=self.parent_round,
        )
        if reply.reasoning:
            record["reasoning"] = reply.reasoning
        return record


class UnusableError(RequestError):
    """Nothing that a first request brought can be an answer; a resumed run asks again."""

    def __init__(self, candidates: list[Candidate], paid: Cost) -> None:
        super().__init__(str(candidates[0]["error"]), paid, failure_of(candidates[0]) or "failed")
        self.candidates = candidates


@task
async def request_candidates(
    wanted: Held[Draw], places: list[int], refused: frozenset[str], most: int | None
) -> Drawn:
    """Send one request for the candidates at `places`, and save what comes back.

    Raises:
        RequestError: it failed, or brought nothing to begin with.
    """
    draw = wanted()
    name = f"r{draw.round}c{places[0]}" + (f"-{places[-1]}" if len(places) > 1 else "")
    base = draw.request(refused)
    seed = request_seed(draw.context, draw.phase, draw.round, places[0])
    request = replace(
        base,
        n=len(places),
        retries=draw.context.retries,
        most=most,
        parameters={**base.parameters, "seed": seed},
        label=f"{draw.phase} {name}",
        metadata=traced(draw.phase, draw.round, name, name if len(places) == 1 else ""),
    )
    about, stop = {"request": name, "phase": draw.phase}, draw.context.stop_sequences

    def begin() -> OnText:
        draw.emit("request_started", {**about, "sequences": len(places)})
        return growing(lambda text: cut(draw.partial(text), stop), show)

    def show(text: str) -> None:
        draw.emit("candidate_delta", {"request": name, "candidate": name, "text": text})

    async with draw.gate:
        try:
            response = await ask(request, begin)
        except RequestError as error:
            draw.emit("request_failed", {**about, "error": str(error), "failure": error.failure})
            raise
    pairs = zip(places, response.replies, strict=False)  # a server may send more, or fewer
    candidates = [draw.candidate(index, reply) for index, reply in pairs]
    draw.emit("request_finished", {**about, "cost": response.cost})
    for candidate in candidates:
        draw.emit("candidate", {"candidate": candidate})
    unusable = len(candidates) == len(places) and all(c["error"] for c in candidates)
    if unusable and draw.phase == "sample":
        raise UnusableError(candidates, response.cost)
    receipt = Receipt(refused=sorted(response.refused), cost=brief(response.cost))
    if candidates:  # the receipt is saved with the texts: the result comes later, or never
        write(candidates=[{**candidates[0], RECEIPT: receipt}, *candidates[1:]])
    return Drawn(candidates=[outline(c) for c in candidates], **receipt)
