"""The critiques of a round, asked for at the same time; of several each is saved by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial, reduce
from typing import Literal, NamedTuple

from langgraph.func import task
from typing_extensions import TypedDict

from ...core.events import Emitter
from ...core.hidden_argument import Held
from ...core.json_types import JsonObject
from ...core.usage import Cost, add_costs, brief, cost
from ..request import Request, RequestError
from .critique_request import ask_for_critique


class Written(TypedDict):
    """One loss or gradient as it is saved."""

    request: str
    """Its name in the events."""
    text: str
    refused: list[str]
    cost: JsonObject
    """As `brief` gives it."""


class Critiques(NamedTuple):
    """What the requests have brought: a text for each, or `None`."""

    texts: list[str | None]
    refused: frozenset[str]
    cost: Cost

    @property
    def events(self) -> list[JsonObject]:
        """The fields of the event of each text; of several, with its place."""
        several = len(self.texts) > 1
        return [
            {"text": text, **({"index": nth} if several else {})}
            for nth, text in enumerate(self.texts)
            if text is not None
        ]


Asked = Held[Callable[[], Awaitable[Written]]]


async def ask_for_critiques(
    requests: Sequence[Request], emit: Emitter, step: Literal["loss", "gradient"]
) -> Critiques:
    """Ask for the losses or gradients of a round.

    A single one ends with its step and is saved with it. Of several each is a task, so that a run
    that is killed between them asks for none of them twice. Tasks are found again by their
    order, so all of them begin before this function waits for anything.

    Args:
        requests: What to ask, at least one; they share one budget.
        emit: The step's.
        step: What is asked for.

    Returns:
        The texts, in the order of the requests; a notice says which are missing, and why.

    Raises:
        RequestError: none came; what all of them cost is in it.
    """
    alone = len(requests) == 1
    asked = [
        Asked(partial(write_critique, request, emit, step, nth), request.label)
        for nth, request in enumerate(requests)
    ]
    under_way = [held()() if alone else request_critique(held) for held in asked]
    ended = await asyncio.gather(*under_way, return_exceptions=True)
    for held, end in zip(asked, ended, strict=True):
        if not isinstance(end, BaseException) and not held.taken:  # of an interrupted run
            before = cost(**end["cost"])
            requests[0].budget.pay(before, before["requests"])
    return settled(ended, emit, step)


def settled(
    ended: Sequence[Written | BaseException], emit: Emitter, step: Literal["loss", "gradient"]
) -> Critiques:
    """Return what came, if anything did."""
    came = [end for end in ended if not isinstance(end, BaseException)]
    errors = [end for end in ended if isinstance(end, RequestError)]
    for end in ended:
        if isinstance(end, BaseException) and not isinstance(end, RequestError):
            raise end
    costs = [*(cost(**one["cost"]) for one in came), *(error.cost for error in errors)]
    paid = reduce(add_costs, costs)
    if not came:
        errors[0].cost = paid
        raise errors[0]
    if errors:
        emit.notice(f"{len(errors)} of {len(ended)} requests for a {step} failed: {errors[0]}")
    texts = [None if isinstance(end, BaseException) else end["text"] for end in ended]
    refused = frozenset(name for one in came for name in one["refused"])
    return Critiques(texts, refused, paid)


@task
async def request_critique(held: Asked) -> Written:
    """Ask for one of several critiques; what it brings is saved, and not asked for again."""
    return await held()()


async def write_critique(
    request: Request, emit: Emitter, step: Literal["loss", "gradient"], nth: int
) -> Written:
    """Ask for one loss or gradient; `nth` says which of the round's it is, from 0."""
    name = f"r{emit.round}-{step}" + (f"-{nth}" if nth else "")
    response = await ask_for_critique(request, emit, step, name)
    text, refused = response.replies[0].text, sorted(response.refused)
    return Written(request=name, text=text, refused=refused, cost=brief(response.cost))
