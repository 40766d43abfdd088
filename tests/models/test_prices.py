"""Prices: given, of a file, of the public table; and what requests cost by them."""

from __future__ import annotations

import json

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from loopback_server import Fault, LoopbackServer

from tpo.core.context import Context
from tpo.core.dollars import is_whole_price
from tpo.core.errors import ConfigError
from tpo.core.usage import add_costs, cost
from tpo.models.ask import ask
from tpo.models.budget import Budget
from tpo.models.failures import faults
from tpo.models.policy import Policy, build_policy, resolve_policy
from tpo.models.prices.given_price import given_price
from tpo.models.prices.of_run import priced_context, rate_of, unpriced_notice
from tpo.models.prices.price import Price
from tpo.models.prices.price_file import entry_price
from tpo.models.prices.public_table import offer_of, public_rate
from tpo.models.request import Request, RequestError

THOUSAND = cost(input_tokens=1000, cached_tokens=400, cache_write_tokens=100, output_tokens=200)


# --- one price -------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "usd"),
    [
        (Price(2, 8), (1000 * 2 + 200 * 8) / 1e6),
        (Price(2, 8, cached=0.5), (600 * 2 + 400 * 0.5 + 200 * 8) / 1e6),
        (Price(2, 8, 0.5, 2.5), (500 * 2 + 100 * 2.5 + 400 * 0.5 + 200 * 8) / 1e6),
        (Price(0, 0), 0.0),
    ],
)
def test_cached_and_written_tokens_have_their_own_price(price, usd):
    assert price(THOUSAND) == pytest.approx(usd, abs=1e-12)


def test_the_price_given_last_for_a_model_counts_whichever_name_it_has():
    prices = ["qwen=1,2", "openai:qwen=3,4,.5", "other=9,9"]
    assert given_price(prices, "openai:qwen@http://host/v1") == Price(3, 4, 0.5)
    assert given_price(prices, "qwen") == Price(1, 2)
    assert given_price(prices, "openai:qwen2") is None


def test_a_price_finds_its_model_behind_a_login_and_the_second_of_one_name():
    assert given_price(["openai:q@http://me:key@host/v1=1,2"], "openai:q@http://host/v1")
    assert given_price(["openai:q@http://host/v1=1,2"], "openai:q@http://host/v1#2") == Price(1, 2)
    both = ["gpt-5#2=3,4", "gpt-5=1,2"]
    assert [given_price(both, name) for name in ("gpt-5", "gpt-5#2")] == [Price(1, 2), Price(3, 4)]


@pytest.mark.parametrize("wrong", ["1", "1,2,3,4", "-1,2", "a,b", "nan,1", "1,inf", "m=", ""])
def test_what_is_not_a_price_is_refused_with_the_form(wrong):
    with pytest.raises(ValueError, match="IN,OUT or IN,OUT,CACHED in dollars per million"):
        Context(price=wrong)


# --- whose price -------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "called", "known"),
    [
        (ChatOpenAI(model="gpt-4o", api_key="x"), "gpt-4o", (600 * 2.5 + 400 * 1.25 + 2000) / 1e6),
        (ChatOpenAI(model="none-such", api_key="x"), "none-such", None),
        (ChatOpenAI(model="gpt-4o", api_key="x", base_url="http://10.0.0.7/v1"), "gpt-4o", None),
        (ChatOpenAI(model="gpt-4o", api_key="x", base_url="http://box:8000/v1"), "gpt-4o", None),
        (ChatOpenAI(model="gpt-4o", api_key="x", base_url="https://a.org/v1"), "gpt-4o", None),
        (
            ChatOpenAI(model="x", api_key="x", base_url="https://openrouter.ai/api/v1"),
            "openai/gpt-4o",
            (600 * 2.5 + 400 * 1.25 + 2000) / 1e6,
        ),
        (FakeListChatModel(responses=["a"]), "gpt-4o", None),
    ],
)
def test_the_public_table_goes_by_the_server_not_by_the_name_alone(model, called, known):
    rate = public_rate(called, model)
    paid = cost(input_tokens=1000, cached_tokens=400, output_tokens=200)
    assert (rate and rate(paid)) == (known and pytest.approx(known, abs=1e-9))


def test_writing_into_a_cache_is_dearer_where_the_table_says_so():
    from langchain_anthropic import ChatAnthropic  # 2 s of every process that collects the tests

    rate = public_rate("claude-sonnet-4-5", ChatAnthropic(model="claude-sonnet-4-5", api_key="x"))
    assert rate
    usd = (500 * 3 + 100 * 3.75 + 400 * 0.3 + 200 * 15) / 1e6
    assert rate(THOUSAND) == pytest.approx(usd, abs=1e-9)


async def test_the_run_s_own_price_wins_over_the_file_and_that_over_the_table(
    tmp_path, monkeypatch
):
    model, paid = ChatOpenAI(model="gpt-4o", api_key="x"), cost(input_tokens=1_000_000)
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({"gpt-4o": {"input": 7, "output": 9}}))
    monkeypatch.setenv("TPO_PRICES", str(file))
    policy = await resolve_policy(model)
    mine = priced_context(Context(price="5,5"), policy, policy).price
    assert [rate(paid) for p in ([], mine) if (rate := rate_of(policy, p))] == [7, 5]
    monkeypatch.delenv("TPO_PRICES")
    assert (rate := (await resolve_policy(model)).rate)
    assert rate(paid) == 2.5


def test_litellm_s_format_is_dollars_per_token():
    entry = {
        "input_cost_per_token": 2.5e-07,
        "output_cost_per_token": 2e-06,
        "cache_read_input_token_cost": 2.5e-08,
        "litellm_provider": "openai",
    }
    assert entry_price(entry) == Price(0.25, 2.0, 0.025)
    assert entry_price({"mode": "image_generation"}) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "no JSON object"),
        ("{", "cannot be read as prices"),
        ('{"gpt-4o": {"input": "a", "output": 2}}', "gpt-4o: this is not a price"),
        ('{"gpt-4o": 3}', "gpt-4o: this is not a price"),
        ('{"gpt-4o": {"input": NaN, "output": 2}}', "gpt-4o: this is not a price"),
        ('{"gpt-4o": {"input": 1, "output": -2}}', "gpt-4o: this is not a price"),
    ],
)
async def test_a_broken_file_of_prices_is_said_before_anything_is_paid(
    text, says, tmp_path, monkeypatch
):
    (tmp_path / "prices.json").write_text(text)
    monkeypatch.setenv("TPO_PRICES", str(tmp_path / "prices.json"))
    with pytest.raises(ConfigError, match=says):
        await resolve_policy(ChatOpenAI(model="gpt-4o", api_key="x"))


async def test_a_budget_in_dollars_needs_the_prices_of_policy_and_critic():
    policy, critic = (
        Policy(FakeListChatModel(responses=["a"]), "p"),
        build_policy("openai:c@http://h"),
    )
    settings = {"budget_usd": 1.0}
    with pytest.raises(ConfigError, match=r"price of 'p' is not known.*price=IN,OUT"):
        priced_context(Context(**settings), policy, policy)
    with pytest.raises(ConfigError, match=r"price of 'openai:c@http://h' is not known.*=IN,OUT"):
        priced_context(Context(**settings, price="1,2"), policy, critic)
    both = priced_context(Context(**settings, price=["1,2", "c=0,0"]), policy, critic)
    assert both.price == ("p=1,2", "c=0,0")


def test_only_a_model_that_seems_to_bill_is_worth_a_notice():
    def says(spec: str, **settings: object) -> str:
        policy = build_policy(spec)
        return unpriced_notice(Context(**settings), policy, policy)

    assert says("openai:m@http://127.0.0.1:9/v1") == says("openai:m@http://box/v1") == ""
    assert "the price of openai:m@https://a.org/v1 is not known" in says(
        "openai:m@https://a.org/v1"
    )
    assert says("openai:m@https://a.org/v1", price="openai:m=0,0") == ""
    assert offer_of(build_policy("openai:m@http://[::1]:9/v1").model).is_own


# --- what requests cost ------------------------------------------------------


async def asked(server: LoopbackServer, prices=("m=0.25,2,0.025",), **more) -> list:
    policy = await resolve_policy(f"openai:m@{server.base_url}")
    request = Request(
        policy, [HumanMessage("one two three four")], budget=Budget(prices=prices), **more
    )
    try:
        return [(await ask(request)).cost]
    except RequestError as error:
        return [error.cost]


@pytest.mark.loopback
@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("n", [1, 3])
async def test_a_request_costs_what_the_server_s_own_count_comes_to(n, live):
    with LoopbackServer(cached_tokens=3) as server:
        (paid,) = await asked(server, n=n, live=live)
    assert paid["input_tokens"] > paid["cached_tokens"] == 3
    usd = ((paid["input_tokens"] - 3) * 0.25 + 3 * 0.025 + paid["output_tokens"] * 2) / 1e6
    assert paid["cost_usd"] == pytest.approx(usd, abs=1e-12)
    assert (paid["priced_requests"], is_whole_price(paid)) == (1, True)


@pytest.mark.loopback
async def test_without_a_price_there_is_no_figure_not_zero():
    with LoopbackServer() as server:
        (paid,) = await asked(server, prices=())
    assert not paid.keys() & {"cost_usd", "priced_requests", "estimated_usd"}


@pytest.mark.loopback
async def test_failed_attempts_cost_nothing_and_keep_the_sum_whole(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 0.0)
    with LoopbackServer(script=[Fault(503, times=2)]) as server:
        (paid,) = await asked(server)
    assert (paid["requests"], paid["priced_requests"], is_whole_price(paid)) == (3, 3, True)
    with LoopbackServer(script=[Fault(503, times=None)]) as server:
        (paid,) = await asked(server)
    assert (paid["requests"], paid["cost_usd"], is_whole_price(paid)) == (3, 0.0, True)


@pytest.mark.loopback
async def test_unreported_tokens_have_no_price_but_budgets_count_an_estimate():
    with LoopbackServer(usage=False) as server:
        (paid,) = await asked(server)
    assert "cost_usd" not in paid
    assert 0 < paid["estimated_usd"] <= paid["estimated_tokens"] * 2 / 1e6 + 1e-9


def test_one_unpriced_request_makes_the_sum_a_lower_bound():
    known = cost(requests=1, cost_usd=0.1, priced_requests=1)
    some = add_costs(known, add_costs(known, cost(requests=1)))
    assert (some["cost_usd"], is_whole_price(some)) == (0.2, False)
    assert is_whole_price(add_costs(known, known))
    assert not is_whole_price(add_costs(known, cost(exact=False)))
