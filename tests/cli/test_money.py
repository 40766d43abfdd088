"""What the command says of dollars, and how prices are typed."""

from __future__ import annotations

import json

import pytest

from tpo.core.dollars import money

pytestmark = pytest.mark.loopback
PRICE = ("--price", "1000,2000,100")  # so that a short run shows


@pytest.fixture(autouse=True)
def _no_file_of_prices(monkeypatch):
    monkeypatch.setenv("TPO_PRICES", "")  # restored: `--prices` sets it for the process


def test_a_price_is_shown_wherever_cost_is(tpo, policy):
    ran = tpo("run", "Name a river", "-p", policy, "-d", "1", *PRICE, "--json")
    total = ran.data["usage"]["total"]
    usd = (total["input_tokens"] * 1000 + total["output_tokens"] * 2000) / 1e6
    assert total["cost_usd"] == pytest.approx(usd, abs=1e-6)
    assert tpo("show", ran.data["id"], "--json").data["usage"]["total"] == total
    assert tpo("runs", "--json").records[0]["cost_usd"] == total["cost_usd"]
    assert money(usd) in tpo("show", ran.data["id"]).out
    said = tpo("run", "Name a river", "-p", policy, "-d", "1", *PRICE)
    assert f", {money(usd)}." in said.err


def test_an_unknown_price_is_said_and_null(tpo, policy):
    ran = tpo("run", "Name a river", "-p", policy, "-d", "0", "--json")
    assert ran.data["usage"]["total"]["cost_usd"] is None
    assert tpo("runs", "--json").records[0]["cost_usd"] is None
    said = tpo("run", "Name a river", "-p", policy, "-d", "0").err
    assert "price unknown." in said
    assert "$" not in said


@pytest.mark.parametrize(
    "table",
    [
        {"loopback": {"input": 1000, "output": 2000}},
        {"loopback": {"input_cost_per_token": 0.001, "output_cost_per_token": 0.002}},
    ],
)
def test_prices_from_a_file(table, tpo, policy, tmp_path):
    name = policy.removeprefix("openai:").partition("@")[0]
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({name: table["loopback"]}))
    args = ("run", "Name a river", "-p", policy, "-d", "0", "--json", "--prices", str(file))
    total = tpo(*args).data["usage"]["total"]
    usd = (total["input_tokens"] * 1000 + total["output_tokens"] * 2000) / 1e6
    assert total["cost_usd"] == pytest.approx(usd, abs=1e-6)


def test_a_file_that_is_not_there_is_exit_2_and_nothing_is_paid(tpo, policy, server):
    ran = tpo("run", "Name a river", "-p", policy, "--prices", "none.json")
    assert (ran.code, server.asked) == (2, [])
    assert "TPO_PRICES=none.json: this cannot be read as prices" in ran.err


def test_a_budget_in_dollars_is_kept_said_and_needs_a_price(tpo, policy, server):
    refused = tpo("run", "Name a river", "-p", policy, "--budget-usd", "0.5")
    assert (refused.code, server.asked) == (2, [])
    assert "give it in dollars per million tokens" in refused.err.lower()
    ran = tpo(
        "run", "Name a river", "-p", policy, "-d", "9", "--budget-usd", "0.5", *PRICE, "--json"
    )
    assert ran.data["stop_reason"] == "budget"
    assert ran.data["usage"]["total"]["cost_usd"] >= 0.5
    saved = tpo("show", ran.data["id"], "--json").data["settings"]
    assert (saved["budget_usd"], saved["price"]) == (0.5, [PRICE[1]])


def test_a_resumed_run_keeps_its_file_of_prices(tpo, policy, tmp_path, monkeypatch):
    name = policy.removeprefix("openai:").partition("@")[0]
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({name: {"input": 1000, "output": 2000}}))
    first = tpo("run", "Name a river", "-p", policy, "-d", "0", "--json", "--prices", str(file))
    before = first.data["usage"]["total"]["cost_usd"]
    monkeypatch.setenv("TPO_PRICES", "")
    more = tpo("resume", first.data["id"], "-d", "1", "--json")
    total = more.data["usage"]["total"]
    assert total["cost_usd"] > before
    assert total["priced_requests"] == total["requests"]
    monkeypatch.setenv("TPO_PRICES", "")
    file.unlink()
    gone = tpo("resume", first.data["id"], "-d", "2", "--json").data["usage"]["total"]
    assert gone["priced_requests"] < gone["requests"]
