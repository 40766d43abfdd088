"""mode="adaptive": a round is divided by a plan, which is saved, streamed and carried out."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from scripted_model import ScriptedModel
from steps import QUERY, improved, prefer_later, run, says

import tpo
from tpo.core.moves import Plan
from tpo.nodes import rank
from tpo.prompts.earlier import earlier_advice

NOTE = "Do not mention earlier answers."


def planned(monkeypatch: pytest.MonkeyPatch, *plans: tuple[int, int, int]) -> None:
    """Have rank plan these rounds, one after the other."""
    coming = iter(plans)

    def next_plan(*_: object) -> Plan:
        fresh, rewrite, advised = next(coming)
        return Plan(fresh=fresh, rewrite=rewrite, advised=advised, why="the test says so")

    monkeypatch.setattr(rank, "next_plan", next_plan)


def steps_of(model: ScriptedModel) -> list[tuple[str, int]]:
    return [("advised" if NOTE in a.text else a.step, a.n) for a in model.asked]


def moves(result: Any, round: int) -> list[str]:
    return [c["move"] for c in result["candidates"] if c["round"] == round]


def test_a_round_is_made_as_it_was_planned(monkeypatch):
    planned(monkeypatch, (1, 2, 1))
    model, events = says(), list[Any]()
    result = run(model, depth=1, width=4, mode="adaptive", on_event=events.append)
    assert steps_of(model)[:3] == [("sample", 4), ("loss", 1), ("gradient", 1)]
    assert sorted(steps_of(model)[3:]) == [("advised", 1), ("sample", 1), ("update", 2)]
    assert moves(result, 0) == ["fresh"] * 4
    assert moves(result, 1) == ["fresh", "rewrite", "rewrite", "advised"]
    assert [c["parent_round"] for c in result["candidates"] if c["round"]] == [None, 0, 0, 0]
    (told,) = [e["plan"] for e in events if e["type"] == "tpo.plan"]
    assert told == result["rounds"][0]["plan"]
    assert "plan" not in result["rounds"][1]  # nothing follows the last round


def test_a_round_without_a_critique_asks_no_critic(monkeypatch):
    planned(monkeypatch, (6, 0, 0), (0, 4, 0))
    model = says()
    result = run(model, depth=2, width=4, mode="adaptive")
    assert steps_of(model) == [
        ("sample", 4), ("sample", 6), ("loss", 1), ("gradient", 1), ("update", 4),
    ]  # fmt: skip
    assert moves(result, 1) == ["fresh"] * 6
    assert result["rounds"][0]["loss"] is None
    assert result["usage"]["total"]["sequences"] == 4 + 6 + 2 + 4  # as many as TPO: 4 + 2 * 6


def test_a_fresh_answer_is_asked_for_as_in_the_first_round(monkeypatch):
    planned(monkeypatch, (3, 0, 0))
    model = says()
    run(model, mode="adaptive")
    first, later = model.asked.of("sample")
    assert first.messages == later.messages
    assert first.parameters | {"seed": None} == later.parameters | {"seed": None}


def test_an_advised_answer_is_shown_what_was_learnt_and_not_the_draft(monkeypatch):
    def telling(query: str, answer: str) -> Any:
        return prefer_later(query, answer), f"{answer[-1]} is too small"

    planned(monkeypatch, (0, 0, 3))
    model = says()
    messages = [("system", "Be brief."), ("user", "Hi"), ("ai", "Hello."), ("user", QUERY)]
    tpo.align(messages, policy=model, reward=telling, depth=1, width=3, mode="adaptive")
    asked = next(a for a in model.asked if NOTE in a.text)
    assert [m.type for m in asked.messages] == ["system", "human", "ai", "human"]
    last = asked.messages[-1].text
    assert last.startswith(QUERY)
    assert "<earlier_feedback>\n2 is too small\n</earlier_feedback>" in last
    assert "<gradient>\ngradient 0\n</gradient>" in last
    assert "first" not in last
    assert "improved_answer" not in last


def test_advice_without_feedback_is_the_gradient_alone(monkeypatch):
    planned(monkeypatch, (0, 0, 3))
    model = says()
    run(model, mode="adaptive")
    assert "<gradient>" in model.asked[-1].text
    assert "earlier_feedback" not in model.asked[-1].text


def test_critics_are_told_what_was_advised_before_and_what_it_did(monkeypatch):
    planned(monkeypatch, (0, 3, 0), (0, 3, 0))
    model = says(update=lambda k: improved("first 1" if k < 3 else f"better {k}"))
    run(model, depth=2, mode="adaptive")
    told = "Round 1: the reward went from 2.00 to 1.00: it did not help.\ngradient 0"
    assert [told in a.text for a in model.asked.of("loss")] == [False, True]
    assert [told in a.text for a in model.asked.of("gradient")] == [False, True]
    assert not any("earlier_advice" in a.text for a in model.asked.of("update"))


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ((2, 2, 0), "Round 1: the reward went from 3.00 to 1.00: it did not help.\ngradient 0"),
        ((2, 0, 2), "Round 1: the reward went from 3.00 to 7.00: it helped.\ngradient 0"),
        ((2, 1, 1), "Round 1: the reward went from 3.00 to 6.00: it helped.\ngradient 0"),
        ((2, 0, 0), ""),
    ],
)
def test_advice_is_credited_with_what_the_answers_that_went_by_it_did(monkeypatch, plan, told):
    """Fresh and advised answers rise from 4 on, rewrites do not."""
    planned(monkeypatch, plan, (0, 2, 0))
    model = says(update=improved("first 1"))
    result = run(model, depth=2, width=4, mode="adaptive")
    if not plan[1] + plan[2]:  # a person had a critique written, and planned without it
        result["rounds"][0]["gradient"] = "gradient 0"
    assert earlier_advice(result["rounds"][:2], result["candidates"]) == told


def test_of_answers_that_could_not_be_scored_that_is_said(monkeypatch):
    planned(monkeypatch, (1, 2, 0), (0, 2, 0))
    model = says(update=lambda k: "no tags" if k < 2 else improved("first 1"))
    run(model, depth=2, mode="adaptive", width=3)
    assert "Round 1: no answer that could be scored.\ngradient 0" in model.asked.of("loss")[-1].text


def test_rewrites_that_only_copy_are_asked_for_again_at_a_higher_temperature(monkeypatch):
    planned(monkeypatch, (0, 3, 0), (0, 3, 0))
    model = says(update=improved("first 2"))
    result = run(model, depth=2, mode="adaptive")
    assert [a.parameters["temperature"] for a in model.asked.of("update")] == [0.7, 1.0]
    assert [r["near_copies"] for r in result["rounds"]] == [0, 3, 3]
    assert [r["diversity"] for r in result["rounds"]] == [1.0, 0.0, 0.0]


def test_the_same_seed_and_the_same_answers_are_the_same_run():
    first, second = (run(says(), depth=4, width=5, mode="adaptive", seed=7) for _ in range(2))
    assert [r.get("plan") for r in first["rounds"]] == [r.get("plan") for r in second["rounds"]]
    assert [c["id"] for c in first["candidates"]] == [c["id"] for c in second["candidates"]]
    assert all(plan["why"] for r in first["rounds"] if (plan := r.get("plan")))


def test_every_round_is_within_what_tpo_would_spend():
    for reward in (prefer_later, lambda q, a: 0.0, lambda q, a: -prefer_later(q, a)):
        result = run(says(), reward, depth=5, width=4, mode="adaptive")
        assert result["usage"]["total"]["sequences"] <= 4 + 5 * 6


def test_a_budget_of_requests_holds_for_every_kind_of_move(monkeypatch):
    planned(monkeypatch, (2, 2, 2))
    model = says()
    result = run(model, width=6, depth=1, mode="adaptive", sampling="parallel", budget_requests=11)
    assert result["usage"]["total"]["requests"] == 11
    made = [(c["move"], c["failure"]) for c in result["candidates"] if c["round"] == 1]
    # A critique was paid for, so what goes by it comes first.
    assert made == [
        *[("fresh", "budget")] * 2,
        *[("rewrite", None)] * 2,
        ("advised", None),
        ("advised", "budget"),
    ]


@pytest.mark.parametrize(("budget", "reason"), [(2, "budget"), (3, "depth")])
def test_a_round_without_a_critique_needs_one_request_only(monkeypatch, budget, reason):
    planned(monkeypatch, (4, 0, 0), (4, 0, 0))
    result = run(says(), width=2, depth=2, mode="adaptive", budget_requests=budget)
    assert (result["stop_reason"], result["usage"]["total"]["requests"]) == (reason, budget)


def test_the_papers_method_has_no_plan_and_no_moves():
    events: list[Any] = []
    result = run(says(), depth=2, on_event=events.append)
    assert not any("move" in c for c in result["candidates"])
    assert not any("plan" in r for r in result["rounds"])
    assert not any(e["type"] == "tpo.plan" for e in events)


async def test_resumed_in_the_papers_mode_a_planned_run_is_the_papers(monkeypatch):
    planned(monkeypatch, (6, 0, 0))
    model = says()
    graph = tpo.build_tpo(model, prefer_later)
    app = graph.compile(checkpointer=InMemorySaver(), interrupt_before=["update"])
    config: Any = {"configurable": {"thread_id": "1"}}
    context = {"depth": 1, "width": 4, "mode": "adaptive"}
    await app.ainvoke({"messages": [("user", QUERY)]}, config, context=context)
    assert (await app.aget_state(config)).next == ("update",)
    result = await app.ainvoke(None, config, context={**context, "mode": "tpo"})
    assert steps_of(model) == [("sample", 4), ("update", 4)]
    assert [c["id"] for c in result["candidates"] if c["round"]] == ["r1c0", "r1c1", "r1c2", "r1c3"]
