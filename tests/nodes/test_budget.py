"""Budgets and the other stop rules: what is asked is never more than what is allowed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fake_judge import fair
from loopback_server import Fault, LoopbackServer, shaped
from steps import QUERY, prefer_later, run, says

import tpo
from tpo.models.failures import faults


def checksum(query: str, answer: str) -> float:
    return sum(answer.encode()) % 97


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 0.0)


@pytest.mark.parametrize(
    ("budget", "sampling", "asked", "answer"),
    [
        (1, "native", 1, "first 2"),
        (2, "native", 1, "first 2"),
        (3, "native", 1, "first 2"),
        (4, "native", 4, "better 2"),
        (6, "native", 4, "better 2"),
        (7, "native", 7, "better 5"),
        (1, "parallel", 1, "first 0"),
        (2, "parallel", 2, "first 1"),
        (5, "parallel", 3, "first 2"),
        (6, "parallel", 6, "better 0"),
        (7, "parallel", 7, "better 1"),
        (8, "parallel", 8, "better 2"),
    ],
)
def test_requests(budget, sampling, asked, answer):
    model = says()
    result = run(model, depth=2, budget_requests=budget, sampling=sampling, retries=2)
    assert result["usage"]["total"]["requests"] == len(model.asked) == asked
    assert result["answer"] == answer
    assert result["stop_reason"] == ("depth" if budget == 7 and sampling == "native" else "budget")


def test_what_the_budget_could_not_pay_is_told():
    result = run(depth=1, budget_requests=2, sampling="parallel")
    missing = [(c["failure"], c["error"]) for c in result["candidates"] if c["error"]]
    assert missing == [("budget", "budget: no request left for it")]


HARD: list[dict[str, Any]] = [
    {"script": [Fault(500, times=None)]},
    {"script": [Fault(429, times=1), Fault(503, times=3)]},
    {"script": [Fault(500, times=None, when=lambda b: b["messages"][-1]["content"] != QUERY)]},
    {"script": [Fault(500, times=1, when=lambda b: b["messages"][-1]["content"] != QUERY)]},
    {"refuse": ["temperature", "top_p", "seed"]},
    {"supports_n": False},
    {"supports_n": "ignored"},
    {"max_n": 2},
    {},
]


@pytest.mark.loopback
@pytest.mark.parametrize("options", HARD)
@pytest.mark.parametrize("sampling", ["auto", "parallel"])
async def test_no_server_is_asked_more_often_than_the_budget_allows(options, sampling):
    for fault in options.get("script", []):
        fault.used = 0
    for budget in (1, 2, 4, 7):
        with LoopbackServer(lambda body, i: shaped(body, f"text {i}"), **options) as server:
            spec = f"openai:m@{server.base_url}"
            knobs = {"width": 3, "seed": 1, "sampling": sampling, "budget_requests": budget}
            run = tpo.aalign(QUERY, policy=spec, reward=checksum, **knobs)
            (end,) = await asyncio.gather(run, return_exceptions=True)
        assert len(server.asked) <= budget
        if isinstance(end, BaseException):
            assert isinstance(end, tpo.NoCandidateError)
        else:
            assert end["usage"]["total"]["requests"] == len(server.asked)


@pytest.mark.parametrize(("tokens", "steps"), [(1, 1), (400, 2), (800, 3)])
def test_tokens_break_off_even_within_a_round(tokens, steps):
    model = says(loss="loss " * 200, gradient="gradient " * 200)
    result = run(model, depth=5, budget_tokens=tokens)
    assert result["stop_reason"] == "budget"
    assert [ask.step for ask in model.asked] == ["sample", "loss", "gradient"][:steps]
    assert result["answer"] == "first 2"


def test_seconds_break_off_and_shorten_the_requests():
    result = run(says({"delay": 0.05}), depth=20, budget_seconds=1.5)
    assert result["stop_reason"] == "budget"
    assert result["usage"]["total"]["seconds"] >= 1.5
    assert len(result["rounds"]) < 20
    over = r"no answer within 0\.1 s.*The time is over \(budget_seconds=0\.1\): give it more"
    with pytest.raises(tpo.NoCandidateError, match=over):
        run(says({"delay": 30}), budget_seconds=0.1)


@pytest.mark.parametrize(
    ("knobs", "reason", "rounds"),
    [
        ({"target_reward": 2.0}, "target", 1),
        ({"target_reward": 12.0}, "target", 2),
        ({"target_reward": 999.0}, "depth", 5),
        ({"min_spread": 2.0}, "spread", 1),
        ({"patience": 1}, "depth", 5),
    ],
)
def test_stop_rules(knobs, reason, rounds):
    result = run(depth=4, **knobs)
    assert (result["stop_reason"], len(result["rounds"])) == (reason, rounds)
    assert result["reward"] == max(c["reward"] or 0 for c in result["candidates"])


def test_patience_waits_for_a_gain():
    reward = {"better": 0.0, "first": 1.0}
    result = run(
        reward=lambda q, a: reward[a.split()[0]] + sum(a.encode()) % 97 / 1e4, depth=9, patience=2
    )
    assert (result["stop_reason"], len(result["rounds"])) == ("patience", 3)
    assert result["answer"].startswith("first")


# --- judges are paid from the same budget -----------------------------------


def judged(budget: int, kind: Any = tpo.Judge, **settings: Any) -> tuple[Any, int]:
    """Run with a judge, and return the result and how many requests policy and judge got."""
    model, judge = says(), fair(lambda text: prefer_later("", text) % 9 + 1)
    result = run(model, kind(judge), budget_requests=budget, **settings)
    return result, len(model.asked) + len(judge.asked)


@pytest.mark.parametrize("budget", [2, 3, 4, 5, 7, 8, 9, 10, 20])
@pytest.mark.parametrize("kind", [tpo.Judge, tpo.PairwiseJudge, tpo.GroupwiseJudge])
def test_a_judge_s_requests_count_and_what_is_sampled_can_be_scored(budget, kind):
    result, sent = judged(budget, kind, depth=2)
    assert result["usage"]["total"]["requests"] == sent <= budget
    scored = [c for c in result["candidates"] if c["reward"] is not None]
    unpaid = [c for c in result["candidates"] if c["failure"] == "budget"]
    assert len(scored) + len(unpaid) == len(result["candidates"])
    whole = budget == 20 and kind is not tpo.PairwiseJudge
    assert result["stop_reason"] == ("depth" if whole else "budget")


def test_a_budget_that_cannot_pay_for_one_score_is_refused_before_anything_is_paid():
    model, judge = says(), fair()
    with pytest.raises(tpo.ConfigError, match=r"does not pay for one answer .* give 2 or more"):
        run(model, tpo.Judge(judge), budget_requests=1)
    assert (len(model.asked), len(judge.asked)) == (0, 0)


def test_a_judge_that_is_a_part_or_held_out_counts_too():
    judge = fair(len)
    mix = tpo.Mix([tpo.Part(tpo.Judge(judge)), tpo.Part(prefer_later)])
    model = says()
    result = run(model, mix, heldout=tpo.Judge(judge), budget_requests=7, depth=2)
    assert result["usage"]["total"]["requests"] == len(model.asked) + len(judge.asked) <= 7


@pytest.mark.loopback
async def test_a_judge_that_must_be_asked_again_takes_no_more_than_there_is():
    script = [Fault(503, times=None)]
    with LoopbackServer(script=script) as server:
        judge = tpo.Judge(f"openai:j@{server.base_url}")
        with pytest.raises(tpo.RewardError):
            await tpo.aalign(QUERY, policy=says(), reward=judge, width=2, budget_requests=5)
        assert len(server.asked) == 4


# --- seconds ----------------------------------------------------------------


def test_a_slow_reward_has_no_more_time_than_the_budget():
    async def slow(query: str, answer: str) -> float:
        await asyncio.sleep(60)
        return 1.0

    with pytest.raises(tpo.RewardError, match=r"no score within 0\.\d+ s.*\(budget_seconds=0\.5\)"):
        run(reward=slow, budget_seconds=0.5)


@pytest.mark.parametrize("step", ["loss", "gradient", "update"])
def test_a_step_that_hangs_ends_with_the_budget_and_the_best_so_far(step):
    model = says({"hangs_at": step})
    result = run(model, budget_seconds=1.0, depth=3)
    assert (result["answer"], result["stop_reason"]) == ("first 2", "budget")


def test_no_pause_before_a_retry_outlasts_the_budget(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 60.0)
    model = says(loss=ConnectionError("busy"))
    result = run(model, budget_seconds=5.0, depth=3, retries=9)
    assert (result["answer"], len(model.asked)) == ("first 2", 2)


# --- tokens nobody reports --------------------------------------------------


def test_without_usage_a_token_budget_counts_its_own_estimate_and_says_so():
    seen: list[Any] = []
    model = says({"reports_usage": False}, loss="loss " * 200)
    result = run(model, budget_tokens=400, depth=5, on_event=seen.append)
    assert (result["stop_reason"], [ask.step for ask in model.asked]) == (
        "budget",
        ["sample", "loss"],
    )
    total = result["usage"]["total"]
    assert (total["input_tokens"], total["output_tokens"], total["exact"]) == (0, 0, False)
    prompts = sum(len(m.text) for ask in model.asked for m in ask.messages)
    said = len("first 0") * 3 + len("loss " * 200) - 1
    assert total["estimated_tokens"] in range((prompts + said) // 4, (prompts + said) // 4 + 3)
    notices = [e["message"] for e in seen if e["type"] == "tpo.notice"]
    assert sum("reports no usage" in notice for notice in notices) == 1
