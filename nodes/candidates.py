"""One durable request for candidates: what is drawn, and the task that draws it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from langgraph.func import task
from typing_extensions import TypedDict

from ..core.context import Context
from ..core.events import Emitter
from ..core.reply import Reply, cut_at
from ..core.state import Candidate
from ..core.usage import Cost, brief
from ..models.request import OnText, Request, RequestError, ask
from .durable import outline, request_seed, write
from .live import growing

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
        text, error = self._ended(text, error)
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

    def shown(self, raw: str) -> str:
        """Return what to show of a reply that is still being written."""
        return cut_at(self.partial(raw), self.context.stop_sequences)

    def _ended(self, text: str, error: str | None) -> tuple[str, str | None]:
        """End an answer at a stop text, for a server that does not, or saw our tags only."""
        if error or not (ended := cut_at(text, self.context.stop_sequences)):
            return text, error or "empty: it begins with a stop text"
        return ended, None

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
    draw: Draw, places: list[int], refused: frozenset[str], most: int | None
) -> Drawn:
    """Send one request for the candidates at `places`, and save what comes back.

    Raises:
        RequestError: it failed, or brought nothing to begin with.
    """
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
    )
    about = {"request": name, "phase": draw.phase}

    def begin() -> OnText:
        draw.emit("request_started", {**about, "sequences": len(places)})
        return growing(draw.shown, show)

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
