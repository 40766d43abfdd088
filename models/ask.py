"""A request is sent: again after faults that may pass, and without what the server refuses."""

from __future__ import annotations

from collections.abc import Callable

from ..core.errors import cause_of
from ..core.usage import add_costs, cost, tokens_for_budget
from ..core.user_code import within
from .configure import sent_parameters
from .faults import failure_of_request, refused_parameter, retrying
from .request import OnText, Request, RequestError, Response
from .request_cost import with_estimate
from .send import send

STRUCTURAL = frozenset({"n", "response_format"})  # without these the request itself changes


async def ask(request: Request, begin: Callable[[], OnText] | None = None) -> Response:
    """Send a request, repeating it after faults that may pass.

    A parameter the server refuses is dropped and the request repeated. If that changes
    what was asked (several texts, a format), the response is empty and says so instead.

    Args:
        request: What to ask.
        begin: Called before each attempt; returns what takes the pieces of text of a live
            one. A repeated attempt starts over, so its text does too.

    Raises:
        RequestError: it failed for good, with the last cause.
    """
    refused, sent, budget = request.refused, 0, request.budget
    if not budget.take():
        raise RequestError(f"budget: {budget.used_up()}", cost(), "budget")
    while True:  # ends: each further pass has one parameter less
        try:
            async for attempt in retrying(request.retries + 1, budget):
                with attempt:
                    sent += 1
                    on_text = begin() if begin else None
                    seconds = budget.timeout(request.timeout)
                    once = send(request, refused, on_text)
                    texts, price = await within(seconds, once)
                    price = with_estimate(price, request.messages, texts)
                    budget.count(tokens=tokens_for_budget(price))
                    return Response(texts, add_costs(price, cost(requests=sent - 1)), refused)
        except Exception as error:  # providers raise anything; cancellation is not an Exception
            if isinstance(error, NotImplementedError):  # LangChain's, before anything is sent
                sent -= 1
                budget.count(requests=-1)
            name = refused_parameter(error, sent_parameters(request, refused))
            if name in STRUCTURAL:
                return Response([], cost(requests=sent), refused | {name})
            if name is None or not budget.take():
                late = isinstance(error, TimeoutError)
                why = f"no answer within {round(seconds, 2):g} s" if late else cause_of(error)
                paid, kind = cost(requests=sent), failure_of_request(error)
                raise RequestError(f"{request.policy.name}: {why}", paid, kind) from error
            refused |= {name}
