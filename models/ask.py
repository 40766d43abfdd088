"""A request is sent: again after faults that may pass, and without what the server refuses."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..core.replies.reply import Reply
from ..core.usage import add_costs, cost
from ..core.user_code.contain import within
from .asking.configure import WHOLE, sent_parameters
from .asking.learnt import Learnt, learnt_of
from .asking.send import send
from .failures.failed_attempt import maybe_billed, never_sent
from .failures.faults import is_transient, may_be_n, refused_parameter, retrying
from .failures.fewer_texts import at_most, limit_among, refused_texts
from .failures.provider_error import status_of
from .failures.refusals import SEVERAL
from .kept_replies import Begin, kept_or_sent
from .prices.of_run import rate_of
from .prices.price import priced
from .request import Request, RequestError, Response
from .request_cost import with_price
from .run_in_flight import count_paid, in_turn

STRUCTURAL = frozenset({"n", "response_format"})  # without these the request itself changes


async def ask(request: Request, begin: Begin | None = None) -> Response:
    """Send a request, repeating it after faults that may pass.

    A parameter the server refuses is left to the model's own and the request repeated. If
    that changes what was asked (several texts, a format), the response is empty and says so
    instead. What is refused is remembered for the process (`asking/learnt.py`). If asking for
    several texts fails for whatever reason, one is asked for: if that works, `n` was it. All of
    its forms share the retries, and each is tried once at least.

    Args:
        request: What to ask.
        begin: Called before each attempt; returns what takes the pieces of text of a live
            one. A repeated attempt starts over, so its text does too.

    Raises:
        RequestError: it failed for good, with the last cause.
    """
    learnt = learnt_of(request.policy.model)
    asks = sent_parameters(request, request.refused | learnt.refused)
    async with learnt.one_ahead(asks):
        try:
            return await kept_or_sent(request, begin, partial(_sent, request, begin, learnt))
        except RequestError as error:
            cause, known = error.__cause__, request.n <= learnt.texts
            if known or request.budget.used_up() or not cause or not may_be_n(cause):
                raise
            single = replace(request, n=1, live=False, retries=0)
            try:
                one = await kept_or_sent(single, begin, partial(_sent, single, begin, learnt))
            except RequestError as again:
                again.cost = add_costs(error.cost, again.cost)
                raise
            several = {refused_texts(cause, request.n, one.refused)}
            learnt.refused |= several - {"n"} if is_transient(cause) else several
            return replace(one, cost=add_costs(error.cost, one.cost), refused=one.refused | several)


async def _sent(request: Request, begin: Begin | None, learnt: Learnt) -> Response:
    refused, sent, new = request.refused | learnt.refused, 0, set[str]()
    tries = request.retries + 1
    budget, seconds, lost = request.budget, request.timeout, False
    texts, price, rate = list[Reply](), cost(), rate_of(request.policy, budget.prices)
    if missing := _structural(request, refused):
        return Response([], cost(), refused | missing)
    if not budget.take():
        raise RequestError(f"budget: {budget.used_up()}", cost(), "budget")
    while True:  # ends: each further pass has one parameter less
        try:
            forms = partial(other_forms, request, refused, learnt)
            async for attempt in retrying(tries - sent, budget, forms):
                with attempt:
                    async with in_turn(request.metadata):
                        sent += 1
                        on_text = begin() if begin else None
                        seconds = budget.timeout(request.timeout)
                        once = send(request, refused, on_text)
                        texts, price = await within(request.timeout, once, budget.deadline)
                lost |= maybe_billed(attempt.retry_state)
            price = with_price(price, request.messages, texts, rate)
            budget.pay(price)
            learnt.accepted |= sent_parameters(request, refused)
            learnt.texts = max(learnt.texts, request.n)
            paid = add_costs(price, priced(cost(requests=sent - 1, exact=not lost), rate))
            count_paid(paid)
            return Response(texts, paid, refused | _learn_n(request, len(texts), learnt))
        except Exception as error:  # providers raise anything; cancellation is not an Exception
            unsent = int(never_sent(error))
            sent -= unsent
            budget.count(requests=-unsent)
            name = refused_parameter(error, sent_parameters(request, refused))
            if name:
                name = refused_texts(error, request.n, refused) if name == "n" else name
                new.add(name)
                tries += not is_transient(error)  # refused is not failed
                passes = {"stream", SEVERAL} if is_transient(error) else {"stream"}
                learnt.refused |= {name} - passes  # what broke once may work again
                refused |= {name, *learnt.refused}
                if missing := _structural(request, refused):
                    return Response([], priced(cost(requests=sent), rate), refused | missing)
                if budget.take():
                    continue
            elif status_of(error) in {400, 422}:
                learnt.refused -= new  # without them it fails as well: it was something else
            paid = priced(cost(requests=sent, exact=not lost), rate)
            raise RequestError.of(request, error, paid, seconds) from error


def _structural(request: Request, refused: frozenset[str]) -> frozenset[str]:
    """Return what the request cannot do without, of what is refused."""
    missing = refused & STRUCTURAL & sent_parameters(request, frozenset())
    most = limit_among(refused)
    if most and request.n > most:
        missing |= {at_most(most)}
    return missing | {"n"} if request.n > 1 and WHOLE in refused else missing


def other_forms(
    request: Request, refused: frozenset[str], learnt: Learnt, error: BaseException | None
) -> int:
    """Return in how many other forms a request for several texts is made after a fault.

    Whole texts if it may have been their stream, and one text if it may have been their number.
    """
    if request.n == 1 or error is None or not may_be_n(error):
        return 0
    whole = refused_parameter(error, sent_parameters(request, refused)) == SEVERAL
    return int(whole) + int(request.n > learnt.texts)


def _learn_n(request: Request, came: int, learnt: Learnt) -> frozenset[str]:
    """Remember a server that sends fewer texts than it is asked for; return what it ignores."""
    if request.n == 1 or came >= request.n:
        return frozenset()
    fewer = at_most(came)
    learnt.refused.add(fewer)
    return frozenset({fewer})
