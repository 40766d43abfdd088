"""A request for a critique: once more with more room if there was none left for its text."""

from __future__ import annotations

from dataclasses import replace

from ...core.events import Emitter
from ...core.replies.reasoning import split_reasoning
from ...core.usage import Phase, add_costs
from ..live_request import ask_live, ended_early, require_text
from ..request import Request, RequestError, Response
from .configure import limit_of
from .learnt import learnt_of
from .own_settings import own_limit

MORE_ROOM = 4  # times as many tokens, the second time


async def ask_for_critique(request: Request, emit: Emitter, phase: Phase, name: str) -> Response:
    """Ask for a loss or a gradient, and once more if thinking left no room for it.

    A limit that the user set holds for a critique that is cut off, and is passed once for an
    empty one. A default of ours is raised to the model's own limit, and to what a critique of
    this model needed before.

    Args:
        request: What to ask.
        emit: The step's.
        phase: The step that asks.
        name: The request's name in the events.

    Raises:
        RequestError: it failed for good; for want of room it names the setting.
    """
    by_default = "max_tokens" in request.by_default
    request = _roomy(request) if by_default else request
    limit = limit_of(request, request.refused)

    def short(response: Response) -> bool:
        """Whether more room would help, and may be asked for."""
        if limit is None or "max_tokens" in response.refused or request.budget.used_up():
            return False
        reply = response.replies[0] if response.replies else None
        return bool(reply and ended_early(reply) and (by_default or not reply.text))

    def check(asked: Request, response: Response) -> None:
        if not short(response):
            require_text(asked, response)

    def visible(text: str) -> str:
        return split_reasoning(text)[0]

    first = await ask_live(request, emit, phase, name, visible, check)
    if limit is None or not short(first):
        return first
    more = {**request.parameters, "max_tokens": MORE_ROOM * limit}
    again = replace(request, parameters=more)
    try:
        second = await ask_live(again, emit, phase, name, visible, require_text)
    except RequestError as error:
        error.cost = add_costs(first.cost, error.cost)
        if not first.replies[0].text:
            raise
        return replace(first, cost=error.cost)
    if by_default:
        learnt_of(request.policy.model).critique_tokens = MORE_ROOM * limit
    return replace(second, cost=add_costs(first.cost, second.cost))


def _roomy(request: Request) -> Request:
    model, parameters = request.policy.model, dict(request.parameters)
    known = (own_limit(model), learnt_of(model).critique_tokens)
    parameters["max_tokens"] = max(parameters["max_tokens"], *(limit or 0 for limit in known))
    return replace(request, parameters=parameters, by_default=frozenset())
