"""Critiques have room to think: what is empty or cut is asked for once more with more."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage
from loopback_server import LoopbackServer, default_answer
from steps import run, says

import tpo

CUT = {"finish_reason": "length"}


def limits(model: Any, step: str) -> list[int | None]:
    return [ask.parameters["max_tokens"] for ask in model.asked.of(step)]


def first_cut(text: str) -> Any:
    return lambda k: AIMessage(text, response_metadata=CUT) if k == 0 else f"loss {k}"


def test_an_empty_critique_is_asked_for_again_with_four_times_the_room():
    model = says(loss=first_cut(""))
    result = run(model, depth=2)
    assert result["stop_reason"] == "depth"
    assert limits(model, "loss") == [1024, 4096, 4096]  # the next one has it from the beginning
    assert limits(model, "gradient") == [4096, 4096]
    assert result["rounds"][0]["loss"] == "loss 1"
    assert result["usage"]["phases"]["loss"]["requests"] == 3


def test_a_critique_that_is_cut_off_is_asked_for_again_unless_the_user_set_its_limit():
    model = says(loss=first_cut("half a lo"))
    assert run(model)["rounds"][0]["loss"] == "loss 1"
    model = says(loss=first_cut("half a lo"))
    assert run(model, critique_max_tokens=1024)["rounds"][0]["loss"] == "half a lo"
    assert limits(model, "loss") == [1024]


def test_an_empty_one_passes_the_users_limit_once():
    model = says(loss=first_cut(""))
    assert run(model, depth=2, critique_max_tokens=300)["stop_reason"] == "depth"
    assert limits(model, "loss") == [300, 1200, 300]


def test_if_that_fails_too_half_a_critique_is_better_than_none():
    model = says(loss=lambda k: AIMessage("half", response_metadata=CUT) if k == 0 else "")
    assert run(model)["rounds"][0]["loss"] == "half"


@pytest.mark.parametrize("said", ["", "<think>and on and on"])
def test_the_sentence_names_the_setting_that_governs_it(said):
    result = run(says(loss=AIMessage(said, response_metadata=CUT)))
    assert result["stop_reason"] == "critique_failed"
    assert str(result["rounds"][-1]["error"]).endswith("raise critique_max_tokens")
    assert result["usage"]["phases"]["loss"]["requests"] == 2
    with pytest.raises(tpo.NoCandidateError, match="raise max_tokens"):
        run(says(sample=AIMessage(said, response_metadata=CUT)))


def test_the_budget_allows_no_second_one():
    model = says(loss=first_cut(""))
    result = run(model, width=1, mode="revision", budget_requests=4)
    assert len(model.asked.of("loss")) == 1
    assert result["stop_reason"] == "critique_failed"


def test_a_critique_has_no_less_room_than_an_answer_of_the_model():
    model = says({"max_tokens": 8000})
    run(model)
    assert (limits(model, "sample"), limits(model, "loss")) == ([8000], [8000])
    model = says({"max_tokens": 100})
    run(model)
    assert (limits(model, "sample"), limits(model, "loss")) == ([100], [1024])


@pytest.mark.loopback
async def test_a_server_that_takes_no_limit_is_not_asked_again():
    with LoopbackServer(default_answer, refuse=["max_completion_tokens"]) as server:
        result = await tpo.aalign(
            "Count to 3", policy=f"openai:m@{server.base_url}", reward=lambda q, a: len(a) % 7,
            depth=1, width=2, retries=0,
        )  # fmt: skip
    assert result["usage"]["total"]["requests"] == len(server.asked) == 5
