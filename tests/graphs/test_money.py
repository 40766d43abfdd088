"""A run's dollars, over HTTP: each model by its own price, exact, a lower bound, or not known."""

from __future__ import annotations

from typing import Any

import pytest
from loopback_server import LoopbackServer

import tpo
from tpo.core.errors import ConfigError

pytestmark = pytest.mark.loopback
PRICES = {"policy": (0.25, 2.0, 0.025), "critic": (3.0, 15.0, 3.0), "judge": (1.0, 5.0, 0.1)}


class Answering(LoopbackServer):
    """Keeps what each of its models was asked, with the usage it reported."""

    def __init__(self, **more: Any) -> None:
        super().__init__(self.words, cached_tokens=5, **more)
        self.reported: list[tuple[str, dict[str, Any]]] = []

    def words(self, body: dict[str, Any], index: int) -> str:
        if body["model"] == "judge":
            return '{"rating": 4}' if "response_format" in body else "4"
        text = f"{len(self.asked)}.{index} is one of {1 + index} " + "more " * (len(self.asked) % 5)
        return f"<improved_answer>{text}</improved_answer>" if "improved" in str(body) else text

    def reply(self, body: dict[str, Any]) -> dict[str, Any]:
        reply = super().reply(body)
        self.reported.append((body["model"], reply.get("usage") or {}))
        return reply

    def dollars(self, *models: str) -> float:
        """What the requests of some models come to, by the usage this server reported."""
        total = 0.0
        for model, usage in self.reported:
            if model in models:
                given, came, cached = PRICES[model]
                read = usage["prompt_tokens_details"]["cached_tokens"]
                total += (usage["prompt_tokens"] - read) * given + read * cached
                total += usage["completion_tokens"] * came
        return total / 1e6


def priced(*models: str) -> list[str]:
    return [f"{name}={','.join(map(str, PRICES[name]))}" for name in models]


def run(server: LoopbackServer, **settings: Any) -> dict[str, Any]:
    spec = {name: f"openai:{name}@{server.base_url}" for name in PRICES}
    given = {
        "policy": spec["policy"],
        "reward": lambda query, answer: len(answer),
        "depth": 2,
        "width": 3,
        **settings,
    }
    if given.get("critic"):
        given["critic"] = spec["critic"]
    if given["reward"] == "judge":
        given["reward"] = f"judge:{spec['judge']}"
    return tpo.align("Name a river.", **given)


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("sampling", ["native", "parallel"])
def test_the_dollars_are_exact_by_what_the_server_reported(sampling, live):
    with Answering() as server:
        price = priced("policy")[0].partition("=")[2]
        usage = run(server, price=price, sampling=sampling, live=live)["usage"]
        assert usage["total"]["cost_usd"] == pytest.approx(server.dollars("policy"), abs=1e-9)
    assert usage["total"]["cached_tokens"] > 0
    assert usage["total"]["priced_requests"] == usage["total"]["requests"]
    parts = sum(phase.get("cost_usd", 0.0) for phase in usage["phases"].values())
    assert parts == pytest.approx(usage["total"]["cost_usd"], abs=1e-9)


def test_policy_critic_and_judge_have_each_their_own_price():
    with Answering() as server:
        usage = run(server, critic=True, reward="judge", price=priced(*PRICES))["usage"]
        assert {model for model, _ in server.reported} == set(PRICES)
        total = server.dollars(*PRICES)
        assert usage["total"]["cost_usd"] == pytest.approx(total, abs=1e-9)
        loss = usage["phases"]["loss"]["cost_usd"] + usage["phases"]["gradient"]["cost_usd"]
        assert loss == pytest.approx(server.dollars("critic"), abs=1e-9)
        judged = usage["phases"]["rank"]["cost_usd"]
    assert 0 < judged < usage["total"]["cost_usd"]


def test_a_judge_without_a_price_makes_the_sum_a_lower_bound():
    with Answering() as server:
        usage = run(server, reward="judge", price=priced("policy"), depth=1)["usage"]
        assert usage["total"]["cost_usd"] == pytest.approx(server.dollars("policy"), abs=1e-9)
    assert 0 < usage["total"]["priced_requests"] < usage["total"]["requests"]
    assert "cost_usd" not in usage["phases"]["rank"]


def test_a_price_without_a_name_is_the_judge_s_too_if_the_policy_judges():
    with Answering() as server:
        spec = f"openai:policy@{server.base_url}"
        server.answer = lambda body, index: (
            "4" if "rate" in str(body["messages"]).lower() else f"words {len(server.asked)}{index}"
        )
        usage = run(server, reward=f"judge:{spec}", price="0.25,2,0.025", depth=0)["usage"]
        assert usage["total"]["cost_usd"] == pytest.approx(server.dollars("policy"), abs=1e-9)


def test_an_unknown_price_is_not_zero():
    with Answering() as server:
        total = run(server, depth=1)["usage"]["total"]
    assert not total.keys() & {"cost_usd", "priced_requests"}


def test_a_budget_in_dollars_without_a_price_is_refused_before_anything_is_sent():
    with Answering() as server:
        with pytest.raises(ConfigError, match=r"price of 'openai:policy@.*is not known"):
            run(server, budget_usd=1.0)
        with pytest.raises(ConfigError, match=r"price of 'openai:critic@.*is not known"):
            run(server, budget_usd=1.0, critic=True, price="1,2")
        assert server.asked == []


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_budget_in_dollars_is_passed_by_no_more_than_what_was_in_flight(concurrency):
    settings = {"width": 12, "depth": 6, "sampling": "parallel", "max_concurrency": concurrency}
    with Answering() as server:
        one = run(server, width=1, depth=0, price="0.25,2,0.025")["usage"]["total"]["cost_usd"]
    budget = 5.5 * one
    with Answering() as server:
        result = run(server, budget_usd=budget, price="0.25,2,0.025", **settings)
        dearest = max(
            (u["prompt_tokens"] * 0.25 + u["completion_tokens"] * 2) / 1e6
            for _, u in server.reported
        )
    total = result["usage"]["total"]
    assert result["stop_reason"] == "budget"
    assert result["answer"]
    assert budget <= total["cost_usd"] <= budget + concurrency * dearest


def test_tokens_nobody_reports_count_for_a_budget_in_dollars():
    with Answering(usage=False) as server:
        result = run(server, budget_usd=0.00005, price="0.25,2", depth=6)
    total = result["usage"]["total"]
    assert (result["stop_reason"], total["exact"]) == ("budget", False)
    assert "cost_usd" not in total
    assert total["estimated_usd"] >= 0.00005
