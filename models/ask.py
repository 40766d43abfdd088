"""A request is sent: again after faults that may pass, and without what the server refuses."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ..core.errors import cause_of
from ..core.usage import add_costs, cost
from ..core.user_code import within
from .configure import sent_parameters
from .faults import failure_of_request, refused_parameter, retrying
from .request import OnText, Request, RequestError, Response
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
    refused, sent = request.refused, 0
    while True:  # ends: each further pass has one parameter less
        try:
            async for attempt in retrying(min(request.retries + 1, _left(request, sent))):
                with attempt:
                    sent += 1
                    on_text = begin() if begin else None
                    once = send(request, refused, on_text)
                    texts, price = await within(request.timeout, once)
                    return Response(texts, add_costs(price, cost(requests=sent - 1)), refused)
        except Exception as error:  # providers raise anything; cancellation is not an Exception
            if isinstance(error, NotImplementedError):  # LangChain's, before anything is sent
                sent -= 1
            name = refused_parameter(error, sent_parameters(request, refused))
            if name in STRUCTURAL:
                return Response([], cost(requests=sent), refused | {name})
            if name is None or _left(request, sent) < 1:
                late = isinstance(error, TimeoutError)
                why = f"no answer within {request.timeout:g} s" if late else cause_of(error)
                paid, kind = cost(requests=sent), failure_of_request(error)
                raise RequestError(f"{request.policy.name}: {why}", paid, kind) from error
            refused |= {name}


def _left(request: Request, sent: int) -> int:
    return sys.maxsize if request.max_attempts is None else request.max_attempts - sent
