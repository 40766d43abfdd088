"""Answers that a reward vetoes and says why: they are never returned, and their words are used."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scripted_model import ScriptedModel
from steps import run

import tpo
from tpo.rewards.mixing.mix import Mix, Part

WHY = "the word 'the' is forbidden"


def length(query: str, answer: str) -> float:
    return float(len(answer))


def no_the(query: str, answer: str) -> tpo.Score:
    return tpo.scored(0.0, WHY) if "the" in answer.split() else tpo.scored(1.0)


MIX = Mix((Part(length),), (no_the,))
UPDATED = "<improved_answer>better</improved_answer>"


def asked_with(texts: list[str], **settings: object) -> tuple[ScriptedModel, tpo.TPOResult]:
    model = ScriptedModel(script=texts)
    return model, run(model, reward=MIX, **{"depth": 1, "width": 2, **settings})


def test_the_words_of_a_veto_reach_loss_and_gradient():
    model, result = asked_with(["a the", "good", "loss", "gradient", UPDATED, UPDATED])
    now = result["rounds"][0]
    assert (now["chosen"], now["rejected"]) == ("r0c1", "r0c0")
    assert result["answer"] == "better"
    for step in ("loss", "gradient"):
        assert WHY in model.asked.of(step)[0].text


def test_while_all_are_vetoed_their_words_are_what_the_next_round_goes_by():
    model, result = asked_with(["a the", "b the", "loss", "gradient", UPDATED, UPDATED])
    assert result["answer"] == "better"
    assert WHY in model.asked.of("loss")[0].text


def test_a_plan_goes_by_the_words_of_vetoes_and_asks_no_critic():
    model, result = asked_with(["a the", "b the", *["better"] * 6], mode="adaptive")
    assert "by what the reward says: no answer has passed yet" in result["rounds"][0]["plan"]["why"]
    assert [asked.step for asked in model.asked if asked.step != "sample"] == []
    assert any(WHY in asked.text for asked in model.asked)
    assert result["answer"] == "better"


@pytest.mark.parametrize("mode", ["tpo", "adaptive", "best_of_n"])
def test_a_vetoed_answer_is_never_returned(mode):
    with pytest.raises(tpo.RewardError, match=f"Every one was vetoed .*{WHY}.*relax"):
        asked_with(["a the"] * 2 + ["<improved_answer>b the b</improved_answer>"] * 9, mode=mode)


def test_if_no_update_can_be_read_the_vetoes_are_named():
    with pytest.raises(tpo.RewardError, match=f"none of 2 candidates .*vetoed .*{WHY}"):
        asked_with(["a the"] * 6)


def test_a_veto_without_words_ends_a_run_in_which_nothing_is_left_as_before():
    mix = Mix((Part(length),), (lambda query, answer: 0.0,))
    with pytest.raises(tpo.RewardError, match="Every one was vetoed: ask for more"):
        run(ScriptedModel(script=["a", "b"]), reward=mix, depth=2, width=2)


def test_a_budget_that_ends_a_run_of_vetoed_answers_does_not_hide_why():
    with pytest.raises(tpo.RewardError, match=f"Every one was vetoed .*{WHY}"):
        asked_with(["a the"] * 20, depth=2, budget_requests=3)


class Paused:
    """A run that waits for a person after each ranking."""

    def __init__(self, texts: list[str]) -> None:
        script = ScriptedModel(script=texts)
        self.app = tpo.build_tpo(script, MIX).compile(checkpointer=InMemorySaver())

    async def go(self, given: Any) -> Any:
        """Start, or go on with a pick."""
        config: Any = {"configurable": {"thread_id": "1"}}
        context = {"depth": 1, "width": 2, "human_pick": True}
        return await self.app.ainvoke(given, config, context=context)

    async def shown(self) -> Any:
        """Start, and return what the person is shown."""
        state = await self.go({"messages": [("user", "Why?")]})
        return state["__interrupt__"][0].value


async def test_a_person_may_keep_what_is_proposed_though_it_was_vetoed():
    session = Paused(["a the", "good", "loss", "gradient", UPDATED, UPDATED])
    shown = await session.shown()
    assert [(c["id"], c["reward"]) for c in shown["candidates"]] == [("r0c1", 4.0), ("r0c0", None)]
    state = await session.go(Command(resume={role: shown[role] for role in ("chosen", "rejected")}))
    assert (state["rounds"][0]["picked_by"], state["rounds"][0]["rejected"]) == ("human", "r0c0")


async def test_while_all_are_vetoed_a_person_is_asked_about_one_of_them():
    session = Paused(["a the", "b the", "loss", "gradient", UPDATED, UPDATED])
    assert [c["id"] for c in (await session.shown())["candidates"]] == ["r0c0"]
    state = await session.go(Command(resume={"stop": False}))
    assert "__interrupt__" in state
    state = await session.go(Command(resume={"stop": True}))
    assert (state["answer"], state["stop_reason"]) == ("better", "human")


def test_a_round_says_how_many_were_vetoed_also_if_none_was():
    _, result = asked_with(["a the", "good", "loss", "gradient", UPDATED, UPDATED])
    assert [r["vetoed"] for r in result["rounds"]] == [1, 0]
