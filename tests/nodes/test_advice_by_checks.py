"""mode="adaptive" and a reward that says what is wrong: no critic is asked, its words will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scripted_model import Ask, ScriptedModel
from steps import QUERY, prefer_later, run, says

import tpo
from tpo.core.moves import Plan
from tpo.nodes import rank

NOTE = "Do not mention earlier answers."
AGAIN = "Please correct it."
TALK = [("system", "Be brief."), ("user", "Hi"), ("ai", "Hello."), ("user", QUERY)]


def planned(monkeypatch: pytest.MonkeyPatch, *plans: tuple[int, int, int]) -> None:
    """Have rank plan these rounds without a critique, one after the other."""
    coming = iter(plans)

    def next_plan(*_: object) -> Plan:
        fresh, rewrite, advised = next(coming)
        numbers = {"fresh": fresh, "rewrite": rewrite, "advised": advised}
        return Plan(**numbers, critique=False, why="the test says so")  # type: ignore[typeddict-item]

    monkeypatch.setattr(rank, "next_plan", next_plan)


def checked(**failed: list[int]) -> Callable[[str, str], tpo.Score]:
    """Return a reward with these checks; each fails for the answers of these numbers."""

    def reward(query: str, answer: str) -> tpo.Score:
        number = int(answer.split()[1])
        checks = [
            {"criterion": name, "passed": number not in bad, "why": f"seen in {number}"}
            for name, bad in failed.items()
        ]
        return tpo.scored(-sum(not check["passed"] for check in checks), checks=checks)

    return reward


def kinds(asked: list[Ask]) -> list[tuple[str, int]]:
    def kind(text: str) -> str:
        return "advised" if NOTE in text else "rewrite" if AGAIN in text else "fresh"

    return sorted((kind(a.text) if a.step == "sample" else a.step, a.n) for a in asked)


def of_kind(model: ScriptedModel, mark: str) -> list[Ask]:
    return [a for a in model.asked if mark in a.text]


def test_a_round_has_no_loss_and_gradient_and_two_answers_more():
    model, events = says(), list[Any]()
    reward = checked(wrong=[0, 1, 2, 3, 4])
    result = run(model, reward, depth=1, width=5, mode="adaptive", on_event=events.append)
    assert kinds(model.asked[1:]) == [("advised", 2), ("fresh", 3), ("rewrite", 2)]
    assert [c["move"] for c in result["candidates"]][5:] == [
        *["fresh"] * 3, *["rewrite"] * 2, *["advised"] * 2
    ]  # fmt: skip
    assert [c["parent_round"] for c in result["candidates"]][5:] == [None] * 3 + [0] * 4
    assert not any(c["error"] for c in result["candidates"])
    assert [r["loss"] or r["gradient"] for r in result["rounds"]] == [None, None]
    assert result["usage"]["total"]["sequences"] == 5 + 7
    (told,) = [e["plan"] for e in events if e["type"] == "tpo.plan"]
    assert told == result["rounds"][0]["plan"]
    assert "2 advised answers by what the reward says" in told["why"]
    assert not any(e["type"] in {"tpo.loss", "tpo.gradient"} for e in events)


def test_a_rewrite_goes_on_from_the_answer_and_what_failed(monkeypatch):
    planned(monkeypatch, (0, 3, 0))
    model = says()
    reward = checked(long=[0, 1], wrong=[0, 1, 2])
    result = tpo.align(TALK, policy=model, reward=reward, depth=1, width=3, mode="adaptive")
    (asked,) = of_kind(model, AGAIN)
    assert [m.type for m in asked.messages] == ["system", "human", "ai", "human", "ai", "human"]
    assert [m.text for m in asked.messages[:5]] == [text for _, text in TALK] + ["first 2"]
    last = asked.messages[-1].text
    assert "<earlier_feedback>\n- failed: wrong (seen in 2)\n</earlier_feedback>" in last
    assert "long" not in last
    assert "gradient" not in last
    assert "improved_answer" not in last
    assert [c["text"] for c in result["candidates"]][3:] == ["first 3", "first 4", "first 5"]


def test_an_advised_answer_has_the_conversation_and_what_failed(monkeypatch):
    planned(monkeypatch, (0, 0, 1))
    model = says()
    reward = checked(long=[0, 1], wrong=[0, 1, 2])
    tpo.align(TALK, policy=model, reward=reward, depth=1, width=3, mode="adaptive")
    (asked,) = of_kind(model, NOTE)
    assert [m.type for m in asked.messages] == ["system", "human", "ai", "human"]
    assert [m.text for m in asked.messages[:3]] == [text for _, text in TALK[:3]]
    assert asked.messages[-1].text.startswith(QUERY)
    assert "<earlier_feedback>\n- failed: wrong (seen in 2)\n</earlier_feedback>" in asked.text
    assert "first" not in asked.text
    assert "gradient" not in asked.text


CHECKED = (
    "That answer failed a check:\n\n<earlier_feedback>\n- failed: wrong (seen in 2)\n"
    "</earlier_feedback>\n\nPlease correct it. Reply with the corrected answer alone.",
    f"{QUERY}\n\nEarlier answers failed a check. Take care that yours passes it:\n\n"
    "<earlier_feedback>\n- failed: wrong (seen in 2)\n</earlier_feedback>\n\n"
    "Do not mention earlier answers.",
)
WORDS = (
    "A check of that answer reports:\n\n<earlier_feedback>\n2 is right\n</earlier_feedback>\n\n"
    "Please correct it. Reply with the corrected answer alone.",
    f"{QUERY}\n\nA check of earlier answers reports this. Take care that yours does better:\n\n"
    "<earlier_feedback>\n2 is right\n</earlier_feedback>\n\nDo not mention earlier answers.",
)


def in_words(query: str, answer: str) -> tpo.Score:
    return tpo.scored(prefer_later(query, answer), f"{answer.split()[1]} is right")


def in_a_bare_check(query: str, answer: str) -> tpo.Score:
    return tpo.scored(prefer_later(query, answer), checks=[{"criterion": "length"}])


BARE = [ask.replace("2 is right", "- checked: length") for ask in WORDS]


@pytest.mark.parametrize(
    ("reward", "asked"),
    [(checked(wrong=[0, 1, 2]), CHECKED), (in_words, WORDS), (in_a_bare_check, BARE)],
)
def test_a_model_is_told_of_a_failed_check_only_if_there_is_one(monkeypatch, reward, asked):
    planned(monkeypatch, (0, 1, 1))
    model = says(sample="first 2")
    run(model, reward, depth=1, width=1, mode="adaptive")
    told = [ask.messages[-1].text for mark in (AGAIN, NOTE) for ask in of_kind(model, mark)]
    assert told == [*asked]


def test_words_beside_checks_that_passed_are_no_faults():
    def reward(query: str, answer: str) -> tpo.Score:
        checks = [{"criterion": "tests", "passed": True}, {"criterion": "style", "score": 1.0}]
        return tpo.scored(prefer_later(query, answer), "All 5 tests pass.", checks)

    model = says()
    run(model, reward, depth=1, width=4, mode="adaptive", seed=1)
    assert [a.step for a in model.asked][1:3] == ["loss", "gradient"]
    assert not any("earlier_feedback" in a.text for a in model.asked)
    assert "All 5 tests pass." in model.asked[1].text


def test_answers_with_other_faults_vary_what_is_asked(monkeypatch):
    """Two answers are equally good, and each fails another check; a third is worse."""
    planned(monkeypatch, (0, 4, 4))
    model = says()
    reward = checked(long=[0], wrong=[1], rude=[2], odd=[2])
    result = run(model, reward, depth=1, width=3, mode="adaptive")
    again = [(a.n, a.messages[1].text, a.messages[2].text) for a in of_kind(model, AGAIN)]
    assert [(n, draft) for n, draft, _ in again] == [(2, "first 0"), (2, "first 1")]
    assert [("long" in said, "wrong" in said) for *_, said in again] == [
        (True, False), (False, True),
    ]  # fmt: skip
    advice = [(a.n, a.text) for a in of_kind(model, NOTE)]
    assert [n for n, _ in advice] == [2, 1, 1]
    named = [[name for name in ("long", "wrong", "rude", "odd") if name in t] for _, t in advice]
    assert named == [["long"], ["long", "wrong"], ["long", "rude", "odd"]]
    assert [c["index"] for c in result["candidates"] if c["round"]] == list(range(8))


def test_answers_with_the_same_faults_are_asked_for_in_one_request(monkeypatch):
    planned(monkeypatch, (0, 4, 4))
    model = says()
    run(model, checked(wrong=[0, 1, 2]), depth=1, width=3, mode="adaptive")
    assert kinds(model.asked[1:]) == [("advised", 4), ("rewrite", 4)]


def test_no_more_than_three_versions_are_asked_for(monkeypatch):
    planned(monkeypatch, (0, 6, 6))
    model = says()
    reward = checked(a=[0], b=[1], c=[2], d=[3], e=[4])
    run(model, reward, depth=1, width=5, mode="adaptive")
    assert kinds(model.asked[1:]) == [("advised", 2)] * 3 + [("rewrite", 2)] * 3


@pytest.mark.parametrize("written", ["gradient", "loss"])
async def test_the_answer_that_a_person_picked_is_the_one_that_is_rewritten(monkeypatch, written):
    planned(monkeypatch, (0, 4, 0))
    model = says()
    app = tpo.build_tpo(model, checked(long=[0], wrong=[1], rude=[2])).compile(
        checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "1"}}
    context = {"depth": 1, "width": 3, "mode": "adaptive", "human_pick": True}
    await app.ainvoke({"messages": [("user", QUERY)]}, config, context=context)
    pick = {"chosen": "r0c1", written: "Add a joke."}
    result: Any = await app.ainvoke(Command(resume=pick), config, context=context)
    (asked,) = of_kind(model, AGAIN)
    assert asked.messages[1].text == "first 1"
    assert "<gradient>\nAdd a joke.\n</gradient>" in asked.text
    assert result["rounds"][0]["picked_by"] == "human"
    assert not model.asked.of("loss")


def test_words_that_are_hidden_advise_nobody():
    model = says()
    reward = checked(long=[0, 1], wrong=[0, 1, 2, 3, 4])
    run(model, reward, depth=1, width=5, mode="adaptive", feedback="hide")
    assert [a.step for a in model.asked][1:3] == ["loss", "gradient"]
    assert not any("earlier_feedback" in a.text for a in model.asked)


def test_a_reward_without_words_has_its_critique():
    model = says()
    result = run(model, prefer_later, depth=1, width=5, mode="adaptive")
    assert [a.step for a in model.asked][1:3] == ["loss", "gradient"]
    assert result["rounds"][0]["plan"]["critique"] is True


def test_a_run_costs_the_texts_of_tpo_and_fewer_tokens():
    reward = checked(long=[0, 1], wrong=list(range(40)))
    spent = {}
    for mode in ("tpo", "adaptive"):
        result = run(says(), reward, depth=3, width=4, mode=mode)
        spent[mode] = result["usage"]["total"]
    assert spent["adaptive"]["sequences"] == spent["tpo"]["sequences"] == 4 + 3 * 6
    assert spent["adaptive"]["input_tokens"] < spent["tpo"]["input_tokens"] / 2


def test_a_budget_of_requests_holds(monkeypatch):
    planned(monkeypatch, (2, 2, 2))
    reward = checked(long=[0], wrong=[1])
    result = run(
        says(), reward, width=4, depth=1, mode="adaptive", sampling="parallel", budget_requests=8
    )
    assert result["usage"]["total"]["requests"] == 8
    made = [(c["move"], c["failure"]) for c in result["candidates"] if c["round"] == 1]
    assert made == [
        *[("fresh", "budget")] * 2,
        *[("rewrite", None)] * 2,
        *[("advised", None)] * 2,
    ]


def outline(result: Any) -> list[Any]:
    return [(c["id"], c["move"], c["parent_round"]) for c in result["candidates"]]


async def saved(model: ScriptedModel, reward: Any, *, before: str) -> tuple[Any, Any, Any]:
    app = tpo.build_tpo(model, reward).compile(
        checkpointer=InMemorySaver(), interrupt_before=[before]
    )
    config: Any = {"configurable": {"thread_id": "1"}}
    context = {"depth": 1, "width": 4, "mode": "adaptive", "seed": 3}
    await app.ainvoke({"messages": [("user", QUERY)]}, config, context=context)
    return app, config, context


async def test_stopped_before_the_round_and_resumed_it_is_the_same(monkeypatch):
    planned(monkeypatch, (2, 2, 2), (2, 2, 2))
    reward = checked(long=[0], wrong=[1])
    whole, halves = says(), says()
    result = run(whole, reward, depth=1, width=4, mode="adaptive", seed=3)
    app, config, context = await saved(halves, reward, before="update")
    assert (await app.aget_state(config)).next == ("update",)  # rank led there, not to loss
    resumed = await app.ainvoke(None, config, context=context)
    # They are asked for at the same time, so in any order.
    assert sorted(a.text for a in halves.asked) == sorted(a.text for a in whole.asked)
    assert outline(resumed) == outline(result)


@pytest.mark.parametrize("by", ["rank", "loss", "gradient"])
@pytest.mark.parametrize("step", ["loss", "gradient"])
async def test_what_a_person_writes_into_a_round_without_a_critique_is_used_as_it_is(
    monkeypatch, by, step
):
    """As a pick is: no critic is asked, and the answers go by the person's words too."""
    planned(monkeypatch, (0, 3, 3))
    model = says()
    app, config, context = await saved(model, checked(wrong=[0, 1, 2, 3]), before="update")
    edit = {"rounds": [{"turn": 1, "round": 0, step: "Say basil."}]}
    config = await app.aupdate_state(config, edit, as_node=by)
    while not (result := await app.ainvoke(None, config, context=context)).get("stop_reason"):
        config = {"configurable": {"thread_id": "1"}}
    assert kinds(model.asked[1:]) == [("advised", 3), ("rewrite", 3)]
    assert all("Say basil." in asked.text for asked in model.asked[1:])
    assert len(result["candidates"]) == 10


@pytest.mark.parametrize("by", ["rank", "loss", "gradient"])
@pytest.mark.parametrize("step", ["loss", "gradient"])
async def test_what_a_person_writes_into_a_round_of_fresh_texts_is_used(monkeypatch, by, step):
    """Nothing in the plan would go by it, so the same number of texts is divided again."""
    planned(monkeypatch, (6, 0, 0))
    model = says()
    app, config, context = await saved(model, lambda _, answer: len(answer), before="update")
    edit = {"rounds": [{"turn": 1, "round": 0, step: "Say basil."}]}
    config = await app.aupdate_state(config, edit, as_node=by)
    while not (result := await app.ainvoke(None, config, context=context)).get("stop_reason"):
        config = {"configurable": {"thread_id": "1"}}
    assert [asked.n for asked in model.asked[1:]] == [2, 2, 2]  # and no critic among them
    assert ["Say basil." in asked.text for asked in model.asked[1:]].count(True) == 2
    plan = {name: n for name, n in result["rounds"][0]["plan"].items() if name != "why"}
    assert plan == {"fresh": 2, "rewrite": 2, "advised": 2, "critique": False}
    assert [c["move"] for c in result["candidates"][4:]] == [
        *["fresh"] * 2, *["rewrite"] * 2, *["advised"] * 2
    ]  # fmt: skip


async def test_in_a_fork_without_the_words_nothing_is_said(monkeypatch):
    """Somebody took the checks out of the state: the draft is all that a rewrite has."""
    planned(monkeypatch, (0, 3, 3))
    model = says()
    app, config, context = await saved(model, checked(wrong=[0, 1, 2, 3]), before="update")
    pool = [{"turn": 1, "id": f"r0c{k}", "checks": [], "reward": 1.0 - k} for k in range(4)]
    fork = await app.aupdate_state(config, {"candidates": pool}, as_node="gradient")
    result = await app.ainvoke(None, fork, context=context)
    assert kinds(model.asked[1:]) == [("fresh", 3), ("rewrite", 3)]
    assert "earlier_feedback" not in model.asked[-1].text + model.asked[-2].text
    assert len(result["candidates"]) == 10


async def test_resumed_in_the_papers_mode_the_round_is_the_papers(monkeypatch):
    planned(monkeypatch, (2, 2, 2))
    model = says()
    app, config, context = await saved(model, checked(wrong=[0, 1, 2, 3]), before="update")
    result = await app.ainvoke(None, config, context={**context, "mode": "tpo"})
    assert kinds(model.asked[1:]) == [("update", 4)]
    assert len(result["candidates"]) == 8
