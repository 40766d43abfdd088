"""`Budget`: what the requests of one step may still cost."""

from __future__ import annotations

import asyncio
import math

import pytest
from loopback_server import Fault, LoopbackServer

from tpo.core.context import Context
from tpo.core.usage import cost
from tpo.models.ask import ask
from tpo.models.budget import Budget, budget_left
from tpo.models.failures import faults
from tpo.models.policy import resolve_policy
from tpo.models.request import Request, RequestError


def test_without_limits_nothing_is_refused():
    left = budget_left(Context(), cost(requests=9, input_tokens=9, seconds=9))
    assert (left.requests, left.tokens, left.seconds, left.used_up()) == (math.inf,) * 3 + ("",)
    assert left.timeout(120.0) == 120.0


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"budget_requests": 2}, "no request left for it"),
        ({"budget_tokens": 7}, "no token left for it"),
        ({"budget_seconds": 1.5}, "no time left for it"),
        ({"budget_requests": 3, "budget_tokens": 8, "budget_seconds": 60}, ""),
    ],
)
def test_each_limit_says_that_it_is_reached(settings, why):
    paid = cost(requests=2, input_tokens=3, output_tokens=4, seconds=1.5)
    assert budget_left(Context(**settings), paid).used_up() == why


def test_a_request_is_taken_when_it_is_sent_and_its_tokens_when_they_are_known():
    left = Budget(requests=2, tokens=10)
    assert (left.take(), left.requests) == (True, 1)
    left.pay(cost(input_tokens=10))
    assert (left.take(), left.requests) == (False, 1)


def test_no_request_waits_longer_than_there_is_time():
    left = budget_left(Context(budget_seconds=60), cost())
    assert not left.take(pause=61)
    assert left.take(pause=1)
    assert 0 < left.timeout(120.0) <= 60


def test_requests_kept_for_later_leave_one_at_least():
    assert Budget(5).without(2).requests == 3
    assert Budget(2).without(2).requests == 1
    assert Budget(0).without(2).requests == 0


@pytest.mark.loopback
async def test_requests_at_the_same_time_share_one_limit(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 0.0)
    with LoopbackServer(script=[Fault(503, times=None)]) as server:
        policy = await resolve_policy(f"openai:m@{server.base_url}")
        asked = Request(policy, [], retries=9, budget=Budget(requests=7))
        ends = await asyncio.gather(*[ask(asked) for _ in range(3)], return_exceptions=True)
        assert len(server.asked) == 7
    assert sum(end.cost["requests"] for end in ends if isinstance(end, RequestError)) == 7
