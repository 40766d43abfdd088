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
from ...core.reply import Reply, cut
from ...core.state import Candidate
from ...core.usage import Cost, brief
from ...models.request import OnText, Request, RequestError, ask
from .durable import Held, outline, request_seed, traced, write
from .live_text import growing

Read = Callable[[Reply], tuple[str, str | None]]


class Drawn(TypedDict):
    """What one request brought, small enough to be stored beside the texts themselves."""

    candidates: list[dict[str, Any]]
    """Their outlines."""
    refused: list[str]
    cost: dict[str, Any]
    """As `brief` gives it."""


@dataclass(frozen=True)
class Draw:
    """N candidates to be drawn.

    Attributes:
        request: What to ask, given the refused parameters; `n` and seed are set here.
        read: Finds the answer in a reply, or says why there is none.
        phase: `sample` or `update`.
        partial: What to show of an unfinished reply, for live text.
        drafts: Answers that are there already; they take the first places.
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
    drafts: Sequence[str] = ()

    def candidate(self, index: int, reply: Reply) -> Candidate:
        """Return the record of one reply."""
        text, error = self.read(reply)
        if not error:
            text = cut(text, self.context.stop_sequences)
            error = None if text else "empty: it began with a stop sequence"
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

    def outline(self, index: int, error: str | None = None) -> dict[str, Any]:
        """Return what stands for the record of a candidate in the node's own writes."""
        return outline(self.turn, self.round, index, error)


class UnusableError(RequestError):
    """Nothing that a first request brought can be an answer; a resumed run asks again."""

    def __init__(self, candidates: list[Candidate], paid: Cost) -> None:
        super().__init__(str(candidates[0]["error"]), paid)
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
            draw.emit("request_failed", {**about, "error": str(error)})
            raise
    pairs = zip(places, response.replies, strict=False)  # a server may send more, or fewer
    candidates = [draw.candidate(index, reply) for index, reply in pairs]
    draw.emit("request_finished", {**about, "cost": response.cost})
    for candidate in candidates:
        draw.emit("candidate", {"candidate": candidate})
    unusable = len(candidates) == len(places) and all(c["error"] for c in candidates)
    if unusable and draw.phase == "sample":
        raise UnusableError(candidates, response.cost)
    drawn = Drawn(
        candidates=[draw.outline(c["index"], c["error"]) for c in candidates],
        refused=sorted(response.refused),
        cost=brief(response.cost),
    )
    write(candidates=candidates)
    return drawn
