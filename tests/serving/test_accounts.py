"""What one person may use: runs at a time, and requests, tokens and dollars a day."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import openai
import pytest
from billing_server import BillingServer, varied
from fake_judge import fair
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from scripted_model import ScriptedModel
from serve_process import ServeProcess
from steps import prefer_later, says
from synthetic_task import QUERY, say

from tpo.core.context import Context
from tpo.core.errors import TPOError
from tpo.core.usage import cost, no_usage
from tpo.graphs.loop import build_graph, build_tpo
from tpo.nodes.paid.run_models import GivenModels
from tpo.rewards.judging.pointwise import Judge
from tpo.serving.agent_server.database import open_database
from tpo.serving.agent_server.read_state import cost_before
from tpo.serving.agent_server.spending import kept_accounts
from tpo.serving.error_responses import Refusal, refusal_of
from tpo.serving.guard.accounts import Accounts
from tpo.serving.guard.callers import Caller, KeyLimits
from tpo.serving.guard.key_records import new_key
from tpo.serving.guard.keys_file import write_keys
from tpo.serving.guard.run_limit import RunLimit
from tpo.serving.openai_api.chat_run import ChatRun
from tpo.serving.operations.operations import Operations
from tpo.serving.server_settings import Settings

CONFIG: Any = {"configurable": {"thread_id": "t"}}
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def accounts(clock=lambda: NOON, **limits: Any) -> Accounts:
    """Return accounts in which ann has limits."""
    ann = Caller("ann", "user", KeyLimits(**limits))
    return Accounts({"ann": ann, "bob": Caller("bob")}.__getitem__, 4, clock)


def paid(account: Any, **amounts: Any) -> None:
    event: Any = {"type": "tpo.request_finished", "cost": cost(**{"requests": 1, **amounts})}
    account.take(event)


def test_runs_together_stay_within_the_day():
    books = accounts(max_tokens_per_day=1000)
    grants = []
    for _ in range(4):
        account = books.begin("ann")
        context = account.bounded(Context())
        grants.append(context.budget_tokens)
    assert grants == [250, 250, 250, 250]
    with pytest.raises(TPOError, match="ann may use 1000 tokens a day, and what is left is held"):
        books.begin("ann")
    paid(books.open[0], input_tokens=30, output_tokens=20)
    books.open[0].close()
    assert books.left("ann") == {"tokens": 200}
    assert books.spent["ann"]["tokens"] == 50


def test_one_run_at_a_time_is_granted_all():
    books = accounts(max_usd_per_day=2, max_concurrent=1, max_requests_per_day=10)
    account = books.begin("ann")
    context = account.bounded(Context(budget_usd=0.5, budget_requests=50))
    assert (context.budget_usd, context.budget_requests, context.budget_tokens) == (0.5, 10, 0)
    assert books.is_busy("ann")
    assert not books.is_busy("bob")
    paid(account, cost_usd=0.25, priced_requests=1)
    account.close()
    assert books.left("ann") == {"usd": 1.75, "requests": 9}


def test_a_run_that_goes_on_is_not_charged_twice():
    books = accounts(max_requests_per_day=10, max_concurrent=1)
    account = books.begin("ann")
    context = account.bounded(Context(), cost(requests=7))
    assert context.budget_requests == 17
    paid(account)
    total = {**no_usage(), "total": cost(requests=10)}  # two of them no event has told of
    final: Any = {"type": "tpo.final", "usage": total}
    account.take(final)
    assert books.spent["ann"]["requests"] == 3


async def test_what_the_turn_before_has_cost_is_not_counted_again():
    graph = build_tpo(says(), prefer_later, defaults=Context(depth=1, width=2))
    app = graph.compile(checkpointer=InMemorySaver())
    await app.ainvoke({"messages": [HumanMessage(QUERY)]}, CONFIG)
    before = await cost_before(app, CONFIG)
    assert before is not None
    assert before["requests"] == 4
    again: Any = {"messages": [HumanMessage("And at night?")]}
    await app.ainvoke(again, CONFIG, interrupt_before=["sample"])
    assert await cost_before(app, CONFIG) is None


async def test_judges_are_paid_for_also_by_a_run_that_is_stopped():
    judge, policy = fair(), ScriptedModel(script=say)
    given: Any = SimpleNamespace(app=build_graph(GivenModels(policy, Judge(judge))).compile())
    account, operations = accounts().begin("ann"), Operations()
    messages, context = [HumanMessage(QUERY)], Context(depth=2, width=3)
    run = ChatRun(given, messages, context, Settings(), set(), account, operations)
    record = operations.begun(account, "1", "v1", "tpo")
    async for event in run.graph_events(record):
        if event["type"] == "tpo.request_started" and event["phase"] == "loss":
            break
    assert judge.asked
    assert account.paid["requests"] == len(policy.asked.of("sample")) + len(judge.asked)
    assert record.paid == account.paid


def test_what_is_used_up_is_refused_until_midnight():
    now = [NOON]
    books = accounts(lambda: now[0], max_requests_per_day=2)
    account = books.begin("ann")
    paid(account)
    paid(account)
    account.close()
    with pytest.raises(
        TPOError, match="2 requests to models a day, and they are used up"
    ) as caught:
        books.begin("ann")
    refusal = refusal_of(caught.value)
    assert (refusal.status_code, dict(refusal.headers or {})) == (429, {"retry-after": "43200"})
    assert books.begin("bob").bounded(Context()) == Context()
    now[0] = datetime(2026, 5, 2, 0, 0, 1, tzinfo=UTC)
    for _ in range(2):  # of four places: half a request would be none
        assert books.begin("ann").bounded(Context()).budget_requests == 1
    with pytest.raises(TPOError, match="what is left is held by runs under way"):
        books.begin("ann")


async def test_places_are_counted_for_each_person():
    limit = RunLimit(3, accounts(max_concurrent=1))
    first = limit.take("ann")
    with pytest.raises(Refusal, match="as many runs of ann are at work as this key may have"):
        limit.take("ann")
    waiting = asyncio.ensure_future(limit.wait("ann"))
    with limit.take("bob"):
        await asyncio.sleep(0)
        assert not waiting.done()
        first.free()
        first.free()
        assert (await waiting).account.owner == "ann"
    assert limit.running == 1


async def test_a_restart_forgives_nothing(tmp_path):
    for number in (1, 2):
        async with open_database(tmp_path / "runs.db") as database:
            books = accounts(max_requests_per_day=5)
            async with kept_accounts(books, database.db):
                paid(books.begin("ann"), output_tokens=7)
                await asyncio.sleep(0.05)
            assert books.spent["ann"] == {"requests": number, "tokens": 7 * number, "usd": 0}


ASK = [{"role": "user", "content": "Why?"}]


@pytest.fixture
def limited(tmp_path):
    """A server on which ann may have six requests, and one run at a time."""
    limits = KeyLimits(max_requests_per_day=6, max_concurrent=1)
    made = {"ann": new_key("ann", "user", limits, by_header=False)}
    made["bob"] = new_key("bob", "user", KeyLimits(), by_header=False)
    write_keys(tmp_path / "data" / "keys.json", [record for record, _ in made.values()])
    with (
        BillingServer(varied, delay=0.2) as models,
        ServeProcess(tmp_path, "-p", f"openai:x@{models.base_url}") as server,
    ):
        yield server, models, {name: key for name, (_, key) in made.items()}


@pytest.mark.loopback
async def test_a_day_of_six_requests(limited):
    server, models, keys = limited
    settings = {"tpo": {"depth": 9, "width": 1, "sampling": "parallel", "mode": "revision"}}
    url = f"{server.url}/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key=keys["ann"], max_retries=0) as ann:
        asking = [
            ann.chat.completions.create(model="tpo", messages=ASK, extra_body=settings)
            for _ in range(2)
        ]
        done = await asyncio.gather(*asking, return_exceptions=True)
        (refused,) = [one for one in done if isinstance(one, openai.RateLimitError)]
        assert refused.code == "too_many_runs"
        (answered,) = [one for one in done if not isinstance(one, Exception)]
        assert answered.tpo["stop_reason"] == "budget"
        used = answered.tpo["usage"]["total"]["requests"]
        assert used == len(models.asked) <= 6
        while used < 6:  # what is left is used up too, one answer at a time
            one = {"tpo": {"depth": 0, "width": 1}}
            await ann.chat.completions.create(model="tpo", messages=ASK, extra_body=one)
            used += 1
        with pytest.raises(openai.RateLimitError, match="6 requests to models a day"):
            await ann.chat.completions.create(model="tpo", messages=ASK)
    run = {"assistant_id": "tpo", "input": {"messages": ASK}, "context": {"depth": 0, "width": 1}}
    for name, status in {"ann": 429, "bob": 200}.items():
        headers = {"x-api-key": keys[name]}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
            said = await client.post("/runs/wait", json=run)
            assert said.status_code == status, said.text
            if status == 429:  # no thread is left of what was refused
                asked = {"model": "tpo", "input": "Why?"}
                assert (await client.post("/v1/responses", json=asked)).status_code == status
                assert (await client.post("/threads/count", json={})).json() == 0
    assert len(models.asked) == 7
