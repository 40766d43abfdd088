"""A reward that says why: who is shown it, what is kept of it, and what it does not change."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_model import ScriptedModel
from steps import prefer_later, run, says

import tpo
from tpo.prompts.prompt_set import SETS

STEPS = ("loss", "gradient", "update")


def telling(query: str, answer: str) -> Any:
    number = prefer_later(query, answer)
    check: Any = {"criterion": "is better", "passed": number > 9, "why": f"it is {answer}"}
    return tpo.scored(number, feedback=f"{answer} scored {number}", checks=[check])


def asked(model: ScriptedModel) -> list[str]:
    return [ask.text for ask in model.asked]


def test_it_is_kept_with_the_candidate_and_streamed_with_the_score():
    events: list[Any] = []
    result = run(reward=telling, on_event=events.append)
    best = result["candidates"][-1]
    assert best["feedback"] == "better 2 scored 12"
    assert best["checks"] == [{"criterion": "is better", "passed": True, "why": "it is better 2"}]
    told = {e["candidate"]: e for e in events if e["type"] == "tpo.reward"}
    assert {c["id"]: c["feedback"] for c in result["candidates"]} == {
        name: e["feedback"] for name, e in told.items()
    }
    assert told[best["id"]]["checks"] == best["checks"]


@pytest.mark.parametrize("prompts", SETS)
def test_each_step_after_the_ranking_is_shown_it_for_chosen_and_rejected(prompts):
    model = says()
    run(model, telling, prompts=prompts)
    for step in STEPS:
        (ask,) = model.asked.of(step)[:1]
        assert ask.text.count("- failed: is better (it is first 2)\nfirst 2 scored 2") == 1
        assert ask.text.count("first 0 scored 0") == 1
        assert "first 1 scored" not in ask.text
    assert all("scored" not in ask.text for ask in model.asked.of("sample"))


def test_hidden_it_is_kept_but_changes_no_request():
    plain, hidden = says(), says()
    run(plain)
    result = run(hidden, telling, feedback="hide")
    assert asked(hidden) == asked(plain)
    assert result["candidates"][0]["feedback"] == "first 0 scored 0"


def test_a_reward_that_says_nothing_changes_no_request_and_no_record():
    plain, silent = says(), says()
    first = run(plain)
    second = run(silent, lambda query, answer: tpo.scored(prefer_later(query, answer)))
    assert asked(silent) == asked(plain)
    assert first["candidates"] == second["candidates"]
    assert not {"feedback", "checks"} & second["candidates"][0].keys()


def test_nothing_of_it_stays_if_another_reward_scores_the_pool():
    def gives_up(query: str, answer: str) -> Any:
        if answer == "better 1":
            raise ConnectionError("no route")
        return telling(query, answer)

    result = run(reward=gives_up, on_reward_failure="degrade", fallback_reward="heuristic")
    assert {c["feedback"] for c in result["candidates"] if "feedback" in c} == {""}
    assert all(not c["checks"] for c in result["candidates"] if "checks" in c)
