"""N candidates: one request with `n`, or one each if a server refuses it; for sample and update.

One request with `n = N` if the provider supports it (its prompt is computed once), one
request per candidate otherwise. `auto` tries the first, asks again for what did not come,
and remembers a refusal in the state. Each request is a saved task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, cast

from langchain_core.messages import AnyMessage

from ...core.context import Context
from ...core.events import Emitter
from ...core.replies.reply import Reply, before_stop, cut
from ...core.state import Candidate, State
from ...models.asking.configure import most_texts
from ...models.budget import Budget
from ...models.live_request import request_seed
from ...models.request import Request
from ...prompts.answer_form import ways_in_form
from ...rewards.planned_reward import Job
from .arrivals import Arrivals
from .received import Received
from .run_models import RunModels
from .saved_request import CandidateRequest
from .ways import Way, ways_of

__all__ = ["Received", "Wanted", "ask_for_candidates"]

SPARE_PASSES = 4  # fallbacks; every other pass brings a text, or there are no more


@dataclass(frozen=True)
class Wanted:
    """The candidates that a step wants, and how it asks for one.

    Attributes:
        run: The run's models and settings.
        gate: How many requests may be under way at the same time.
        budget: What the step may still cost.
        messages: The conversation.
        state: What the rounds before have come to; `None` for first samples.
        drafts: Answers that exist already; they are the first candidates.
    """

    run: RunModels
    emit: Emitter
    phase: Literal["sample", "update"]
    turn: int
    round: int
    gate: asyncio.Semaphore
    budget: Budget
    messages: Sequence[AnyMessage]
    state: State | None = None
    drafts: Sequence[str] = ()

    @property
    def context(self) -> Context:
        """The run's settings."""
        return self.run.context

    @cached_property
    def ways(self) -> Sequence[Way]:
        """How to ask for them, each for places of its own."""
        ways = ways_of(self.run, self.messages, self.state, len(self.drafts))
        return ways_in_form(ways, self.context.answer_schema)

    @property
    def width(self) -> int:
        """How many there are to be."""
        return sum(len(way.places) for way in self.ways)

    def way(self, place: int) -> Way:
        """Return the way to ask for the candidate at a place."""
        return next(way for way in self.ways if place in way.places)

    @cached_property
    def arrivals(self) -> Arrivals:
        """What scores the answers as they arrive."""
        known = self.state or cast("State", {})
        nothing = Job(self.messages, [], known.get("candidates", []), self.budget, self.context)
        return Arrivals(self.run, self.emit, nothing, known.get("degraded", False), self.gate)

    def candidate(self, index: int, reply: Reply) -> Candidate:
        """Return the record of one reply."""
        way = self.way(index)
        reply = before_stop(way.read(reply), self.context.stop_sequences)
        record = Candidate(
            id=f"r{self.round}c{index}",
            turn=self.turn,
            round=self.round,
            index=index,
            text=reply.text,
            reward=None,
            error=reply.error,
            failure=reply.failure,
            finish_reason=reply.finish_reason,
            parent_round=way.parent_round,
        )
        if self.context.mode == "adaptive":
            record["move"] = way.move
        if way.critique is not None:
            record["critique"] = way.critique
        if way.policy.owner and index >= len(self.drafts):
            record["policy"] = way.policy.owner
        if reply.reasoning:
            record["reasoning"] = reply.reasoning
        return record

    def requests(self, missing: Sequence[int], refused: frozenset[str]) -> list[CandidateRequest]:
        """Return the requests for the places that the budget pays for, with their scores.

        Of each way all at once, or one each.
        """
        bases = [way.request(way.policy.refused(refused)) for way in self.ways]
        here = self.width - len(missing) - self.arrivals.begun
        for k in range(len(missing), 0, -1):
            paid = missing[:k]
            groups = [
                group
                for way, base in zip(self.ways, bases, strict=True)
                for group in self.groups([i for i in paid if i in way.places], base)
            ]
            if len(groups) + self.arrivals.to_score(here + k) <= self.budget.requests:
                return [self.asking_for(*group) for group in groups]
        return []

    def groups(self, places: Sequence[int], base: Request) -> list[tuple[Sequence[int], Request]]:
        """Split places into as many requests as it takes, and return each with what it asks."""
        most = 1 if self.context.sampling == "parallel" else most_texts(base, base.refused)
        size = most or max(1, len(places))
        return [(places[i : i + size], base) for i in range(0, len(places), size)]

    def asking_for(self, places: Sequence[int], base: Request) -> CandidateRequest:
        """Return the request for the candidates at these places."""
        context, way = self.context, self.way(places[0])
        name = f"r{self.round}c{places[0]}" + (f"-{places[-1]}" if len(places) > 1 else "")
        seed = request_seed(context, self.phase, self.round, places[0])
        request = replace(
            base,
            n=len(places),
            retries=context.retries,
            budget=self.budget,
            parameters={**base.parameters, "seed": seed},
            label=f"{self.phase} {name}",
        )

        def visible(text: str) -> str:
            return cut(way.partial(text), context.stop_sequences)

        return CandidateRequest(
            request=request,
            name=name,
            phase=self.phase,
            places=places,
            keys={(self.turn, f"r{self.round}c{index}") for index in places},
            emit=self.emit,
            record=self.candidate,
            visible=visible,
            gate=self.gate,
        )


async def ask_for_candidates(wanted: Wanted, refused: frozenset[str]) -> Received:
    """Get the candidates wanted, drafts included; each finished request is saved as it comes.

    Args:
        wanted: What to ask for.
        refused: Parameters known to be refused.
    """
    # Only what the state knows is left out: a resumed run must ask in the same order, whatever its
    # process has learnt since. `ask` knows more, and sends nothing that would be refused.
    got, width = Received(wanted.candidate, wanted.emit, refused), wanted.width
    async with wanted.arrivals as arrivals:
        for index, text in enumerate(wanted.drafts):
            draft = Candidate(**{**wanted.candidate(index, Reply(text)), "drafted": True})
            got.records.append(draft)
            wanted.emit("candidate", {"candidate": draft})
            arrivals.arrive(draft)
        places = range(len(wanted.drafts), width)
        # Where the budget does not pay for all, what a critique was paid for comes first.
        missing = sorted(places, key=lambda place: wanted.way(place).move == "fresh")
        for _ in range(width + SPARE_PASSES):
            known, asked = got.refused, wanted.requests(missing, got.refused)
            paid = sum(len(one.places) for one in asked)
            got.fail(missing[paid:], "budget", "budget: no request left for it")
            if not asked:
                return got
            arrivals.keep(width - len(missing) + paid - arrivals.begun)
            results = await arrivals.draw(asked)
            arrivals.keep(0)
            pairs = zip(asked, results, strict=True)
            missing = [i for one, result in pairs for i in got.take(one.places, known, result)]
    got.fail(missing, "missing", "missing: the server kept returning fewer texts than asked for")
    return got
